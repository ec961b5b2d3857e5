"""From a lot of herbs to every patient who took of it, and back; and calling it back (召回)."""
