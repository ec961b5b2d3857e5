"""Stopping a session (停诊): who is concerned, everybody found another time or told, and whom to call."""
