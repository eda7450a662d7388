"""Runs another program so that its calls to Copper's hosts reach the emulator. Standard library only."""
