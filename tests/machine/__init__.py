"""Property-based tests of endpoints: nine samples, and what the machine finds in each."""
