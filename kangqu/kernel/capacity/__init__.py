"""What is scarce and has a time: rosters, sessions, seats, bookings, waiting, draws."""
