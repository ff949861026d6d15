"""The front door: Caddy before the server, for TLS and everything that comes from the network."""
