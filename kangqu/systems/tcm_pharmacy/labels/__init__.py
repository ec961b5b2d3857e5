"""Labels of the pharmacy as PDF for label printers: pure functions from a frozen label to bytes."""
