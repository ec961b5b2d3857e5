"""Cases: whatever moves from desk to desk before a deadline, along the steps its programme declares."""
