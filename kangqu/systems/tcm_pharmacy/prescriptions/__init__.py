"""Prescriptions as they come in: signed by the hospital's key, read, reviewed, kept, put on the line."""
