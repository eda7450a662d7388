"""The text of a failed expectation: what is wrong, what came closest, why there was nothing better, what to do."""

from copper_emulator.near_misses.texts import unmet, unwanted

__all__ = ["unmet", "unwanted"]
