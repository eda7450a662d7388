"""TLS: the local authority that certificates come from, and where it is kept."""
