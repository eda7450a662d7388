"""Randomness without a random number generator: each draw is a keyed hash of its purpose.

No state is carried from draw to draw, so an event of other records never shifts a draw, and every Python version draws
the same. Keys contain ids: with another id, a record gets other draws. They are counted as in the first id range
(`ids.py`), so that the same changes draw the same in every account.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from copper_emulator.core.ids import Counters
from copper_emulator.core.model import Topic

_RANGE = 1 << 64


class Draws:
    """The draws of one account; `made` counts them."""

    def __init__(self, seed: int, counters: Counters) -> None:
        self.seed = seed
        self.made = 0
        self._counters = counters

    def keyed(self, topic: Topic, ids: Sequence[int], subscription: int) -> tuple[Topic, tuple[int, ...], int]:
        """What is sent to a subscription, as it belongs into a key."""
        counters = self._counters
        return topic, counters.records_in_first(topic.type, ids), counters.subscription_in_first(subscription)

    def draw(self, purpose: str, *key: object, low: int, high: int) -> int:
        """As the function `draw`, with the account's seed."""
        self.made += 1
        return draw(self.seed, purpose, *key, low=low, high=high)


def draw(seed: int, purpose: str, *key: object, low: int, high: int) -> int:
    """An integer between `low` and `high`, both inclusive; the same for the same seed, purpose and key."""
    text = "\x1f".join([str(seed), purpose, *map(str, key)])
    number = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
    return low + number * (high - low + 1) // _RANGE
