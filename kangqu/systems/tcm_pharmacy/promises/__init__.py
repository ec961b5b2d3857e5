"""When a prescription will be ready: what a pharmacy can do, what was promised from it, and whether it still holds."""
