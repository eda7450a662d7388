"""The pytest plugin of the Copper webhook emulator; its fixtures need no import."""
