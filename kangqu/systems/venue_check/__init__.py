"""Venue check-in (核验健康码、扫码测温): who came to which place, when. See docs/systems/venue_check.md."""
