"""Residents: papers, names, families, the master index, the one code."""
