"""Schools: their classes and who is in them."""
