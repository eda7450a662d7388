"""The records behind the ids."""
