"""Does the endpoint take every body that Copper may send?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.order import main
from copper_emulator.core.records.tables import TABLES
from copper_emulator.shell.driver import Rounds

LARGE = 64 * 1024
"""Characters of a long text; old and new value make the body twice as large."""


def unknown_keys(bench: Bench) -> Rounds[None]:
    """What Copper may add some day, beside the payload and within updated_attributes."""
    kind = main(bench)
    record = bench.seed(kind)
    bench.touch(kind, [record])
    added = {"api_version": 2, "account": {"id": 17, "name": "Ours"}, "trace": ["a", "b"]}
    yield from bench.send(bench.body(kind, "new", [record], **added))
    attributes = {"name": bench.renamed(kind, record), "added_some_day": [None, {"of": ["any", "shape"]}]}
    yield from bench.send(bench.body(kind, "update", [record], updated_attributes=attributes, **added))


def empty_attributes(bench: Bench) -> Rounds[None]:
    """new and delete with {}, as recorded, and an update with nothing in it."""
    kind = main(bench)
    with bench.playing(empty_attributes=True):
        ids = yield from bench.create(kind)
        yield from bench.send(bench.body(kind, "update", ids, updated_attributes={}))
        yield from bench.compare("after new and update")
        yield from bench.delete(kind, ids)


def absent_attributes(bench: Bench) -> Rounds[None]:
    """new and delete without the key, as documented."""
    kind = main(bench)
    with bench.playing(empty_attributes=False):
        ids = yield from bench.create(kind)
        yield from bench.compare("after new")
        yield from bench.delete(kind, ids)


def large_attributes(bench: Bench) -> Rounds[None]:
    kind = main(bench)
    ids = yield from bench.create(kind)
    yield from bench.update(kind, ids, details="before " * (LARGE // 7))
    yield from bench.update(kind, ids, details="after. " * (LARGE // 7))


def other_scripts(bench: Bench) -> Rounds[None]:
    """Names in other scripts, and with a character that takes four bytes."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    for name in _NAMES:
        yield from bench.update(kind, ids, name=name)


_NAMES = ("Zoë Łukasiewicz", "山田 花子", "عائشة", "Ada \N{ROCKET}")


def values(bench: Bench) -> Rounds[None]:
    """From nothing to a text, a list and an object, and back to nothing."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    given = {name: value for name, value in _VALUES.items() if name in TABLES[kind].by_name}
    yield from bench.update(kind, ids, **given)
    yield from bench.compare("with values")
    yield from bench.update(kind, ids, **{name: [] if name == "tags" else None for name in given})


_VALUES: Mapping[str, Any] = {
    "details": "Met in Oslo",
    "tags": ["met", "oslo"],
    "address": {"street": "1 Main Street", "city": "Oslo"},
}
"""By field; not every type has each."""


def custom_fields(bench: Bench) -> Rounds[None]:
    """Nested one level deeper than others, by the ids of their definitions."""
    kind = main(bench)
    text = _define(bench, {"name": "Check: text", "data_type": "String", "available_on": [str(kind)]})
    several = _define(
        bench,
        {
            "name": "Check: several",
            "data_type": "MultiSelect",
            "available_on": [str(kind)],
            "options": [{"name": "Apples"}, {"name": "Bananas"}],
        },
    )
    ids = yield from bench.create(kind)
    options = [option["id"] for option in several["options"]]
    for chosen in (options[:1], options):
        values = [
            {"custom_field_definition_id": text["id"], "value": f"chosen: {len(chosen)}"},
            {"custom_field_definition_id": several["id"], "value": chosen},
        ]
        yield from bench.update(kind, ids, custom_fields=values)


def _define(bench: Bench, body: Mapping[str, Any]) -> Mapping[str, Any]:
    made: Mapping[str, Any] = bench.stage.record(
        lambda account, now: account.records.catalogue.add("custom_field_definitions", dict(body))
    )
    return made
