"""What may a name mean that is not an attribute of an account?"""

from __future__ import annotations

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.kinds import meant_type
from copper_emulator.core.records.record import COLLECTIONS
from copper_emulator.core.surface import CONNECTED, Surface
from copper_emulator.core.text import meant
from copper_emulator.settings import SETTINGS


def no_attribute(known: list[str], name: str, surface: Surface) -> str:
    """The error text for a name that is not among the known ones."""
    return f"copper has no {name!r}{_advice(known, name, surface)}"


def _advice(known: list[str], name: str, surface: Surface) -> str:
    if name in SETTINGS:
        on_server = surface in CONNECTED
        return f": it is a setting, {surface.setting(name, '...') if on_server else f'{surface.place}({name}=...)'}"
    if name in _COMMANDS:
        again = f"{surface.awaited}{surface.account}.replay(delivery.body, target=delivery.target) sends again, or "
        return f": {again if name == 'resend' else 'it is a command '}for a running server copper-emulator {name}"
    singular = {str(kind): collection for kind, collection in COLLECTIONS.items()} | {"activity": "activities"}
    plural = {f"{kind}s": collection for kind, collection in singular.items()}
    near = (singular | plural).get(name) or _similar(known, name)
    return f"; did you mean {near!r}?" if near is not None else ""


_COMMANDS = frozenset({"resend", "snapshot", "restore", "record", "inbox", "targets"})
"""Commands that have no namesake in Python."""


def _similar(known: list[str], name: str) -> str | None:
    # It takes everything away, so only what can hardly be anything else is answered with it.
    reset = meant(name, ["reset"], cutoff=0.8)
    return reset or meant(name, [each for each in known if not each.startswith("_") and each != "reset"])


def type_question(name: object) -> str:
    """The question to add, after the list of types, for an unknown type; "" if nothing is similar."""
    near = None if name in list(EntityType) else meant_type(name)
    return "" if near is None else f" Did you mean {str(near)!r}?"
