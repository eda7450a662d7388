"""From what a request says to records and what changed: one action, and the deeds that are made of several."""
