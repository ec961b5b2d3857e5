"""The documentation, and the commands that write the parts of it that are drawn from the code."""
