"""The one code: what a resident shows and a desk scans. See ``docs/algorithms/one-code.md``."""
