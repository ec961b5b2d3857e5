"""What became of the seats: how they were used, how long people waited, who did not come, who asks too often."""
