"""Vials: by lot, institution and fridge; received, opened, given, wasted, counted."""
