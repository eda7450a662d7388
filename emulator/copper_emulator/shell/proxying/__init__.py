"""How do programs with hard-coded Copper hosts reach the emulator? Through a proxy."""
