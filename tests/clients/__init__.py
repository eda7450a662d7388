"""Clients of Copper published by others, run unmodified against the emulator."""
