"""Everything that awaits, listens, reads a clock or sends: the outside of the pure core."""
