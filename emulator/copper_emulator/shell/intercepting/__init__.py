"""Calls of Copper's own hosts that reach an account, from this process and from the processes it starts."""
