"""Does the endpoint accept every body that Copper may send?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.checks.bench import APART_MS, Bench
from copper_emulator.checks.causes import of_answers
from copper_emulator.checks.judging import delivery_text
from copper_emulator.checks.order import main
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.state import MADE_UP
from copper_emulator.core.model import EntityType, Outcome
from copper_emulator.core.records.tables import TABLES
from copper_emulator.shell.delivering.driver import Rounds

LARGE = 64 * 1024
"""Characters of a long text; old and new value together make the body twice as large."""


def unknown_keys(bench: Bench) -> Rounds[None]:
    """Keys that Copper may add some day, beside the known ones and within updated_attributes."""
    kind = main(bench)
    # Before the others: the keys of an object have no order.
    record = bench.seed(kind)
    bench.touch(kind, [record])
    added = {"api_version": 2, "account": {"id": 17, "name": "Ours"}, "trace": ["a", "b"]}
    yield from bench.send({**added, **bench.body(kind, "new", [record])})
    attributes = {"name": bench.renamed(kind, record), "added_some_day": [None, {"of": ["any", "shape"]}]}
    yield from bench.send({**added, **bench.body(kind, "update", [record], updated_attributes=attributes)})


def unknown_types(bench: Bench) -> Rounds[Finding]:
    """A type and an event unknown today, each with the right secret. What the endpoint does with them is up to it."""
    kind = bench.main or bench.plan.types[0]
    record = bench.seed(kind)
    came, broke = list[str](), False
    for body in (bench.body(kind, "new", [record], type=MADE_UP), bench.body(kind, "archive", [record])):
        delivery = yield from bench.send_unknown(body)
        broke = broke or delivery.status is None or delivery.status >= 500
        came.append(f"{body['type']}/{body['event']}: {delivery_text(bench, delivery).partition(': ')[2]}")
    return Finding(Verdict.WARNED if broke else Verdict.PASSED, "; ".join(came), UNKNOWN_TYPE if broke else "")


UNKNOWN_TYPE = (
    "Copper sends only what is subscribed, so none of these today; when it has more types, somebody may subscribe this "
    "URL to them. Answer 2xx to what you have no use for, and log it."
)


def content_type(bench: Bench) -> Rounds[Finding | None]:
    """The same type of content, with its encoding beside it. Nobody has recorded how Copper writes it."""
    kind = bench.main or bench.plan.types[0]
    record = bench.seed(kind)
    bench.touch(kind, [record])
    headers = {**bench.plan.headers, "Content-Type": "application/json; charset=utf-8"}
    delivery = yield from bench.send(bench.body(kind, "new", [record]), headers)
    if delivery.outcome is Outcome.DELIVERED or not bench.has_delivered:
        # Who takes none at all minds something else.
        return None
    causes = of_answers([delivery], bench.account)
    return Finding(Verdict.WARNED, delivery_text(bench, delivery), CONTENT_TYPE, causes, "not answered 2xx")


CONTENT_TYPE = (
    "Read the body as JSON whatever follows the content type, `application/json; charset=utf-8` here: how Copper "
    "writes it is not known."
)


def opportunity_values(bench: Bench) -> Rounds[None]:
    """Numbers, days and stages: the old value may be null, and a number whole or not."""
    kind = EntityType.OPPORTUNITY
    ids = yield from bench.create(kind)
    pipeline = bench.account.records.get(kind, ids[0])["pipeline_id"]
    stages = bench.account.records.catalogue.get("pipelines", pipeline)["stages"]
    for changes in (
        {"monetary_value": 1200, "close_date": "3/15/2027", "pipeline_stage_id": stages[1]["id"]},
        {"monetary_value": 1250.5},
        # Alone: it is reported under names of its own.
        {"pipeline_stage_id": stages[-1]["id"]},
        {"close_date": None},
        {"monetary_value": None, "close_date": "12/1/2027", "pipeline_stage_id": stages[0]["id"]},
    ):
        yield from bench.apart()
        yield from bench.update(kind, ids, **changes)
        yield from bench.compare(f"with another {' and '.join(changes)}")


def emails(bench: Bench) -> Rounds[None]:
    """Several emails, another first one, and none, for an endpoint that looks at the first."""
    kind = EntityType.PERSON
    ids = yield from bench.create(kind)
    name = f"person-{ids[0]}"
    several = [{"email": f"{name}@{host}.example", "category": "work"} for host in ("home", "office", "old")]
    for addresses in (several, several[1:], []):
        yield from bench.apart()
        yield from bench.update(kind, ids, emails=addresses)
        yield from bench.compare(f"with {len(addresses)} emails")


def empty_attributes(bench: Bench) -> Rounds[None]:
    """`new` and `delete` with {}, as recorded, and an update with nothing in it."""
    kind = main(bench)
    with bench.playing(empty_attributes=True):
        ids = yield from bench.create(kind)
        yield from bench.apart()
        yield from bench.send(bench.body(kind, "update", ids, updated_attributes={}))
        yield from bench.compare("after new and update")
        yield from bench.apart()
        yield from bench.delete(kind, ids)


def absent_attributes(bench: Bench) -> Rounds[None]:
    """`new` and `delete` without the key, as documented."""
    kind = main(bench)
    with bench.playing(empty_attributes=False):
        ids = yield from bench.create(kind)
        yield from bench.compare("after new")
        yield from bench.apart()
        yield from bench.delete(kind, ids)


def large_attributes(bench: Bench) -> Rounds[None]:
    kind = main(bench)
    # Not from null: who minds that is found in another row.
    ids = yield from bench.create(kind, details="before " * (LARGE // 7))
    yield from bench.apart()
    yield from bench.update(kind, ids, details="after. " * (LARGE // 7))


ATTRIBUTES_MS = 2 * APART_MS
SHAPES_MS = 3 * APART_MS
"""Milliseconds after which the last of three changes of a record goes out."""
DEAL_MS = 5 * APART_MS


def values(bench: Bench) -> Rounds[None]:
    """From nothing to a text, a list and an object, and back to nothing."""
    kind = main(bench)
    ids = yield from bench.create(kind)
    given = {name: value for name, value in _VALUES.items() if name in TABLES[kind].by_name}
    yield from bench.apart()
    yield from bench.update(kind, ids, **given)
    yield from bench.compare("with values")
    yield from bench.apart()
    yield from bench.update(kind, ids, **{name: [] if name == "tags" else None for name in given})


_VALUES: Mapping[str, Any] = {
    "details": "Met in Oslo",
    "tags": ["met", "oslo"],
    "address": {"street": "1 Main Street", "city": "Oslo"},
}
"""By field; not every type has all of them."""


def custom_fields(bench: Bench) -> Rounds[None]:
    """Nested one level deeper than other fields, by the ids of their definitions; of several types, and null again."""
    kind = main(bench)
    # A text is not the first of them: what a field holds is told by its definition, not by its place.
    names = ("Float", "String", "Date", "Checkbox", "Dropdown", "MultiSelect")
    fields = {data_type: _define(bench, kind, data_type) for data_type in names}
    one, other = (option["id"] for option in fields["Dropdown"]["options"])
    several = [option["id"] for option in fields["MultiSelect"]["options"]]
    ids = yield from bench.create(kind)
    for values in (
        (1.5, "chosen: 1", 1_800_000_000, True, one, several[:1]),
        (2, "chosen: 2", 1_800_086_400, False, other, several),
        (None, None, None, True, None, None),
    ):
        given = [
            {"custom_field_definition_id": fields[data_type]["id"], "value": value}
            for data_type, value in zip(names, values, strict=True)
        ]
        yield from bench.apart()
        yield from bench.update(kind, ids, custom_fields=given)


def _define(bench: Bench, kind: EntityType, data_type: str) -> Mapping[str, Any]:
    body: dict[str, Any] = {"name": f"Check: {data_type}", "data_type": data_type, "available_on": [str(kind)]}
    if data_type in ("Dropdown", "MultiSelect"):
        body["options"] = [{"name": "Apples"}, {"name": "Bananas"}]
    return bench.add_entry("custom_field_definitions", body)
