"""A live pharmacy for the demo: prescriptions come in and go down the line through the real verbs, in real time."""
