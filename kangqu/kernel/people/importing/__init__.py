"""The staged import of residents: upload, parse, decide, apply; each step resumable, each row answered."""
