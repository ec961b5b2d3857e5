"""预约 Booking: a resident, her family or a desk takes a time, keeps, moves or gives it back; and is told what became of it."""
