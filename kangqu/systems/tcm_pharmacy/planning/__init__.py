"""Planning a day's decoctions: pure functions from the state of the pharmacies to a plan (``docs/algorithms/tcm-planning.md``)."""
