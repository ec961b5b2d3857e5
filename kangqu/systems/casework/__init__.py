"""Casework: the pages and the API that every programme gets for nothing."""
