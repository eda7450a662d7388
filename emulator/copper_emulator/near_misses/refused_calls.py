"""Would a call that the API refused have done what is expected?"""

from __future__ import annotations

import re

from copper_emulator.core.model import Event
from copper_emulator.core.records.record import COLLECTIONS
from copper_emulator.expectation import Expectation

_TYPES = {collection: kind for kind, collection in COLLECTIONS.items()}

_CALL = re.compile(r"(?P<method>POST|PUT|DELETE) (?:\S*/v1)?/(?P<collection>\w+)(?:/(?P<id>\d+))?/?: ")
"""How the text of a refused call begins; it is all that the journal has, as such a call need not be about a record."""

_EVENTS = {("POST", False): Event.NEW, ("PUT", True): Event.UPDATE, ("DELETE", True): Event.DELETE}
"""What a call does, by its method and whether its path has an id."""


def would_have_done(expectation: Expectation, refused: str) -> bool:
    """Whether the call, as the journal tells of it, is one for what is expected."""
    call = _CALL.match(refused)
    if call is None:
        return False
    kind, event = _TYPES.get(call["collection"]), _EVENTS.get((call["method"], call["id"] is not None))
    if kind is None or event is None:
        return False
    if expectation.type not in (None, kind) or expectation.event not in (None, event):
        return False
    return expectation.ids is None or call["id"] is None or int(call["id"]) in expectation.wanted
