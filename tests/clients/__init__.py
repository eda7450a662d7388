"""Clients of Copper that others have published, run against the emulator as they are."""
