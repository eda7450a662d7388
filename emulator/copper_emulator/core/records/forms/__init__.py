"""Forms of field values: how each is read, rejected and described."""
