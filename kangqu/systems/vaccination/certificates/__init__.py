"""预防接种证明: what a recorded dose is certified as."""
