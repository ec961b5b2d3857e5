"""Messages: the outbox, quiet hours, the ways out and their receipts."""
