"""Commands that `exec` runs: what reaches the emulator from them, and how they notice nothing."""
