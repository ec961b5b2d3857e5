"""证明核验 Certificates: whoever is shown one reads it, with or without a network; whoever has one shows it."""
