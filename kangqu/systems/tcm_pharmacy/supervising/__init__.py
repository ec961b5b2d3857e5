"""Supervising: what pharmacies did in a range of days, how late, what was returned and overridden, how patients rate it.

Every figure is counted from the trace and opens the list of cases behind it.
"""
