"""The tables that records refer to: what they are, and an account's own."""
