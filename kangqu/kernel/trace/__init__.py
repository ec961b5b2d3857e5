"""Append-only facts: who did or saw what, chained so that an edit is found."""
