"""What may a name mean that is not an attribute of an account?"""

from __future__ import annotations

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.kinds import meant_type
from copper_emulator.core.records.record import COLLECTIONS
from copper_emulator.core.surface import CONNECTED, Surface
from copper_emulator.core.text import meant
from copper_emulator.settings import SETTINGS

_OF_RECORDS = {
    **dict.fromkeys(("create", "get", "update", "delete", "search", "merge"), EntityType.PERSON),
    "convert": EntityType.LEAD,
}
"""What is done with records, and the type that an example of it uses."""


def no_attribute(known: list[str], name: str, surface: Surface) -> str:
    """The error text for a name that is not among the known ones."""
    return f"copper has no {name!r}{_advice(known, name, surface)}"


def _advice(known: list[str], name: str, surface: Surface) -> str:
    if name in SETTINGS:
        on_server = surface in CONNECTED
        return f": it is a setting, {surface.setting(name, '...') if on_server else f'{surface.place}({name}=...)'}"
    if name in _OF_RECORDS:
        return f": it is in the collection of each type, like copper.{COLLECTIONS[_OF_RECORDS[name]]}.{name}(...)"
    singular = {str(kind): collection for kind, collection in COLLECTIONS.items()} | {"activity": "activities"}
    plural = {f"{kind}s": collection for kind, collection in singular.items()}
    near = (singular | plural).get(name) or meant(name, [each for each in known if not each.startswith("_")])
    return f"; did you mean {near!r}?" if near is not None else ""


def type_question(name: object) -> str:
    """The question to add, after the list of types, for an unknown type; "" if nothing is similar."""
    near = None if name in list(EntityType) else meant_type(name)
    return "" if near is None else f" Did you mean {str(near)!r}?"
