"""The clinic day: checked in, waiting, called, in the room, done (docs/algorithms/clinic-queue.md)."""
