"""预防接种 Vaccination: which vaccines are due for somebody, by schedules with versions and dates."""
