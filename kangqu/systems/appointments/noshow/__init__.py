"""爽约 Not coming: what counts, when it bars from booking online, and how it is put right."""
