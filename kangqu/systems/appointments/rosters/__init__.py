"""Whose clinic is when: schedules, weekly rosters, days on which it is otherwise."""
