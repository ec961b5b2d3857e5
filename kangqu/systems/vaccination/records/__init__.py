"""The vaccination record: doses given and brought, each with what it counts as."""
