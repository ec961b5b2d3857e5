"""First-contact responsibility, and the revisit that needs no new fee (docs/algorithms/clinic-queue.md)."""
