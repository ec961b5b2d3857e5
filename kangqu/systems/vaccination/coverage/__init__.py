"""Coverage: how many of those who should have had a dose have had it, and who they are."""
