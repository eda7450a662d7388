"""`python -m copper_emulator`, the same as the command `copper-emulator`."""

from copper_emulator.cli import main

if __name__ == "__main__":
    main(prog_name="copper-emulator")
