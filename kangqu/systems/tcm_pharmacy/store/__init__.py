"""The store room: lots of herbs, decoction machines, labels, and what machines report of themselves."""
