"""Commands run by `exec`: which of their calls reach the emulator, without their noticing."""
