"""What everything stands on: clock, ids, refusals, checks, sealing, the embedded PostgreSQL."""
