"""Who may come in and see what: accounts, roles, consent, doors, tokens."""
