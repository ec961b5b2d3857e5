"""接种记录: doses that were given, and what the schedules make of them."""
