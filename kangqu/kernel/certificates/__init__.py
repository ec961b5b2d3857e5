"""证明 Certificates: what the city signs for a person, readable by anybody with its public keys, void when revoked."""
