"""Randomness without a random number generator: each draw is a keyed hash of its purpose.

No state is carried from draw to draw, so an event of other records never shifts a draw, and every Python version draws
the same. Keys contain record ids: with another id, a record gets other draws.
"""

from __future__ import annotations

from hashlib import blake2b

_RANGE = 1 << 64


class Draws:
    """The draws of one account; `made` counts them."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.made = 0

    def draw(self, purpose: str, *key: object, low: int, high: int) -> int:
        """As the function `draw`, with the account's seed."""
        self.made += 1
        return draw(self.seed, purpose, *key, low=low, high=high)


def draw(seed: int, purpose: str, *key: object, low: int, high: int) -> int:
    """An integer between `low` and `high`, both inclusive; the same for the same seed, purpose and key."""
    text = "\x1f".join([str(seed), purpose, *map(str, key)])
    number = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
    return low + number * (high - low + 1) // _RANGE
