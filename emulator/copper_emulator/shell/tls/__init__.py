"""TLS: the local certificate authority, where it is kept, and serving with its certificates."""
