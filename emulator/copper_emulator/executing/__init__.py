"""Running another program so that its calls to Copper's hosts land in the emulator. Standard library only."""
