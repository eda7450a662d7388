"""Forms of values: how each is read, refused and described."""
