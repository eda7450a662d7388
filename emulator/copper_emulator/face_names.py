"""What may a name mean that is not an attribute of an account?"""

from __future__ import annotations

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.record import COLLECTIONS
from copper_emulator.core.surface import CONNECTED, Surface
from copper_emulator.core.text import meant, suggesting
from copper_emulator.settings import SETTINGS

_OF_RECORDS = {
    **dict.fromkeys(
        ("create", "get", "update", "delete", "search", "merge", "relate", "unrelate", "related"), EntityType.PERSON
    ),
    "convert": EntityType.LEAD,
}
"""What is done with records, and the type that an example of it uses."""


def no_attribute(known: list[str], name: str, surface: Surface) -> str:
    """The error text for a name that is not among the known ones."""
    wrong = f"copper has no {name!r}"
    if name in SETTINGS:
        on_server = surface in CONNECTED
        written = surface.setting(name, "...") if on_server else f"{surface.place}({name}=...)"
        return f"{wrong}: it is a setting, {written}"
    if name in _CONFIGURING:
        return f"{wrong}: settings are given like {surface.setting('latency', '5m')}; copper.settings shows them"
    if name in _COMMANDS:
        again = f"{surface.awaited}{surface.account}.replay(delivery.body, target=delivery.target) sends again, or "
        return (
            f"{wrong}: {again if name == 'resend' else 'it is a command '}for a running server copper-emulator {name}"
        )
    if name in _OF_RECORDS:
        like = f"copper.{COLLECTIONS[_OF_RECORDS[name]]}.{name}(...)"
        return f"{wrong}: it is in the collection of each type, like {like}"
    singular = {str(kind): collection for kind, collection in COLLECTIONS.items()} | {"activity": "activities"}
    plural = {f"{kind}s": collection for kind, collection in singular.items()}
    near = (singular | plural | _FURTHER).get(name) or _similar(known, name)
    return suggesting(wrong, near)


_FURTHER = {
    **dict.fromkeys(("contact", "contacts"), "people"),
    **dict.fromkeys(("organization", "organizations", "organisation", "organisations"), "companies"),
    **dict.fromkeys(("deal", "deals"), "opportunities"),
    **dict.fromkeys(("received", "requests", "events"), "deliveries"),
}
"""What other services and tools call what is here."""

_CONFIGURING = frozenset({"set", "configure", "config", "options"})
"""What other tools call what says how something behaves."""

_COMMANDS = frozenset({"resend", "snapshot", "restore", "record", "inbox", "targets"})
"""Commands that have no namesake in Python."""


def _similar(known: list[str], name: str) -> str | None:
    # It takes everything away, so only what can hardly be anything else is answered with it.
    reset = meant(name, ["reset"], at_least=0.8)
    return reset or meant(name, [each for each in known if not each.startswith("_") and each != "reset"])
