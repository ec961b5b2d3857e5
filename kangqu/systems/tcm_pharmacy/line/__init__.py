"""The line: weighing, checking, soaking, boiling, packing, handing out and delivering, each station driven by scans alone."""
