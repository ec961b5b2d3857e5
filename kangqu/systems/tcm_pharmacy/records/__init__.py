"""What the pharmacy writes down beside the line: retained samples, cleaning, calibration, complaints. Each is a small case."""
