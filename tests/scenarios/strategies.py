"""Any valid scenario, as the values its file would hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Access
from copper_emulator.core.records.relations import ALLOWED
from copper_emulator.core.records.tables import TABLES

TYPES = ("lead", "person", "company", "opportunity", "project", "task")
EVENTS = ("new", "update", "delete")

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\x85\u2028\u2029"), min_size=1, max_size=12)
"""Line ends other than line feeds are folded by YAML itself."""
keys = texts | st.just("<<")
"""Without quotes, the last one would be a merge key."""

numbers = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False, width=32)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
    max_leaves=4,
)
fields = st.dictionaries(keys.filter(lambda name: name != "id"), values, max_size=3)
durations = st.sampled_from(["1ms", "30s", "10m", "1m30s", "1h", 90, 0.5])
topics = st.builds("{}{}{}".format, st.sampled_from(TYPES), st.sampled_from("/."), st.sampled_from(EVENTS))
ids = st.integers(1, 2**40) | st.lists(st.integers(1, 2**40), min_size=1, max_size=3, unique=True)
counts = st.integers(1, 70)
targets = st.sampled_from(["/hook", "/hooks/copper?from=copper", "https://billing.example.com/hooks/copper"])
# Printable ASCII without anything that a header value or a notification could not carry.
secrets = st.dictionaries(st.sampled_from(["key", "token", "secret"]), st.text("abcXYZ019-_", min_size=1), max_size=2)


def some(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        required, optional={name: optional[name] for name in sorted(optional.keys() - required.keys())}
    )


subscriptions = some({"topic": topics, "target": targets}, {"secret": secrets, "headers": secrets})


@dataclass
class Known:
    """What a scenario has named so far: subscriptions, and records by name with their type and number."""

    subscriptions: list[str]
    records: dict[str, tuple[str, int]] = field(default_factory=dict)
    entries: int = 0

    def single(self, *types: str) -> list[str]:
        """The names that stand for one record of one of these types, or of any."""
        return [name for name, (kind, number) in self.records.items() if number == 1 and (not types or kind in types)]


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """Names are defined before they are used and time moves forward, but the checks need not hold."""
    subscribed = draw(st.dictionaries(keys, subscriptions, max_size=2))
    known = Known(list(subscribed))
    steps, now = [], 0
    for _ in range(draw(st.integers(1, 6))):
        step = dict(draw(_steps(known)))
        # Later than any of the durations above could reach.
        if draw(st.booleans()):
            now += 7_200 * draw(st.integers(1, 3))
            step["at"] = f"+{now}s"
        if "advance" in step:
            now += 7_200
        steps.append(step)
    whole = {"name": draw(texts), "subscriptions": subscribed, "steps": steps}
    rest = some({}, {"description": texts, "secret": secrets, "settings": _settings})
    return {**whole, **draw(rest)}


_settings = some(
    {},
    {
        "limits": st.sampled_from(["off", "3/1m", "600/1m,1800/10m"]),
        "over_limit": st.sampled_from(["hold", "drop"]),
        "latency": st.sampled_from([0, "30s", "0-15m"]),
        "seed": st.integers(0, 9),
        "faults": st.sampled_from(["off", "lose=20% shuffle"]),
    },
)


@st.composite
def _steps(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    action = draw(st.sampled_from(_possible(known)))
    return {action: draw(_ACTIONS[action](known))} if action in _ACTIONS else draw(_plain)


def _possible(known: Known) -> list[str]:
    subscribed = ["resubscribe", "unsubscribe"] if known.subscriptions else []
    with_records = ["update", "delete"] if known.records else []
    pairs = ["merge"] if any(len(known.single(kind)) > 1 for kind in ("person", "company")) else []
    related = ["relate", "unrelate"] if known.single("task") and known.single("person") else []
    convert = ["convert"] if known.single("lead") else []
    return [
        *("create", "fire", "seed", "define", "lookup", "account", "subscribe", "plain"),
        *(subscribed + with_records + pairs + related + convert),
    ]


@st.composite
def _fields(
    draw: st.DrawFn, known: Known, kind: str, names: Mapping[str, list[str]], *, least: int = 0
) -> dict[str, Any]:
    """Fields that may be given there; their values are anything, texts with numbers, or the id of a record."""
    named: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(names[kind]), min_size=least, max_size=3, unique=True)):
        singles = known.single(*_LEADS_TO.get(name, ()))
        reference = st.builds(lambda record: {"record": record}, st.sampled_from(singles)) if singles else st.nothing()
        named[name] = draw(values | texts.map(lambda text: text + "{n}") | reference)
    return named


_SHOWN = {kind: [each.name for each in TABLES[EntityType(kind)]] for kind in TYPES}
_MADE = {kind: [each.name for each in TABLES[EntityType(kind)].writable] for kind in TYPES}
_CHANGED = {kind: [each.name for each in TABLES[EntityType(kind)] if each.access is Access.ALWAYS] for kind in TYPES}
_LEADS_TO = {"company_id": ("company",), "primary_contact_id": ("person",)}


@st.composite
def _create(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    kind = draw(st.sampled_from(TYPES))
    body = draw(
        some({"type": st.just(kind)}, {"count": counts, "each": st.booleans(), "fields": _fields(known, kind, _MADE)})
    )
    return _named(draw, known, body, kind, body.get("count", 1))


@st.composite
def _seed(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    kind = draw(st.sampled_from(TYPES))
    if draw(st.booleans()):
        body = draw(some({"type": st.just(kind)}, {"count": counts, "fields": _fields(known, kind, _SHOWN)}))
        return _named(draw, known, body, kind, body.get("count", 1))
    rows = draw(st.lists(_fields(known, kind, _SHOWN), min_size=1, max_size=3))
    return _named(draw, known, {"type": kind, "rows": rows}, kind, len(rows))


@st.composite
def _fire(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    body = draw(some({"topic": topics}, {"each": st.booleans()}))
    body |= draw(st.fixed_dictionaries({"ids": ids}) | st.fixed_dictionaries({"count": counts}))
    given = body.get("ids", [])
    number = body.get("count") or (len(given) if isinstance(given, list) else 1)
    return _named(draw, known, body, body["topic"].replace(".", "/").split("/")[0], number)


def _named(draw: st.DrawFn, known: Known, body: dict[str, Any], kind: str, number: int) -> dict[str, Any]:
    name = draw(keys)
    if name not in known.records:
        body["as"] = name
        known.records[name] = kind, number
    return body


@st.composite
def _update(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    chosen, kind = _alike(draw, known)
    fields = {"records": st.just(chosen), "fields": _fields(known, kind, _CHANGED, least=1)}
    return draw(some(fields, {"each": st.booleans()}))


@st.composite
def _delete(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    chosen, _ = _alike(draw, known)
    return draw(some({"records": st.just(chosen)}, {"each": st.booleans()}))


def _alike(draw: st.DrawFn, known: Known) -> tuple[str | list[str], str]:
    kind = draw(st.sampled_from(sorted({kind for kind, _ in known.records.values()})))
    alike = [name for name, (its, _) in known.records.items() if its == kind]
    many: list[str] = draw(st.lists(st.sampled_from(alike), min_size=1, max_size=3, unique=True))
    return (many[0] if len(many) == 1 and draw(st.booleans()) else many), kind


@st.composite
def _merge(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    kind = draw(st.sampled_from([kind for kind in ("person", "company") if len(known.single(kind)) > 1]))
    winner, loser = draw(st.lists(st.sampled_from(known.single(kind)), min_size=2, max_size=2, unique=True))
    return {"winner": winner, "loser": loser}


@st.composite
def _convert(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    body: dict[str, Any] = {"lead": draw(st.sampled_from(known.single("lead")))}
    parts = draw(st.lists(st.sampled_from(["person", "company", "opportunity"]), max_size=3, unique=True))
    body |= {part: {"name": draw(texts)} for part in parts}
    named = {part: draw(keys) for part in parts}
    if parts and len(set(named.values()) - known.records.keys()) == len(parts):
        body["as"] = named
        known.records |= {name: (part, 1) for part, name in named.items()}
    return body


@st.composite
def _relation(draw: st.DrawFn, known: Known, to: str) -> dict[str, Any]:
    one = draw(st.sampled_from(known.single("task", "person")))
    allowed = [str(kind) for kind in ALLOWED[EntityType(known.records[one][0])]]
    return {"records": one, to: draw(st.sampled_from(known.single(*allowed)))}


_KINDS: list[dict[str, Any]] = [
    {"data_type": "String"},
    {"data_type": "Dropdown", "options": ["a", {"name": "b"}]},
    {"data_type": "Currency", "currency": "EUR"},
]
_ENTRIES: dict[str, dict[str, Any]] = {
    "users": {"email": "grace@example.com"},
    "loss_reasons": {},
    "pipelines": {"stages": ["Won"]},
}
_visible = texts.filter(str.strip)


@st.composite
def _define(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    known.entries += 1
    types = st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True)
    body = some(
        {"name": _visible, "available_on": types}, {"is_filterable": st.booleans(), "id": st.just(known.entries)}
    )
    return {**draw(st.sampled_from(_KINDS)), **draw(body)}


@st.composite
def _lookup(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    table = draw(st.sampled_from(sorted(_ENTRIES)))
    return {"table": table, "add": {"name": draw(_visible), **_ENTRIES[table]}}


@st.composite
def _account(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    settings = st.fixed_dictionaries({"setting_team_permissions_enabled": st.booleans()})
    changed = draw(some({}, {"name": _visible, "primary_timezone": _visible, "settings": settings}).filter(bool))
    return dict(changed)


@st.composite
def _subscribe(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    name = draw(keys.filter(lambda name: name not in known.subscriptions))
    known.subscriptions.append(name)
    return {"as": name, **draw(subscriptions)}


@st.composite
def _resubscribe(draw: st.DrawFn, known: Known) -> dict[str, Any]:
    changed = draw(some({}, {"target": targets, "secret": secrets, "headers": secrets}).filter(bool))
    return {"subscription": draw(st.sampled_from(known.subscriptions)), **changed}


_ACTIONS: dict[str, Callable[[Known], st.SearchStrategy[Any]]] = {
    "create": _create,
    "update": _update,
    "delete": _delete,
    "merge": _merge,
    "convert": _convert,
    "seed": _seed,
    "relate": lambda known: _relation(known, "to"),
    "unrelate": lambda known: _relation(known, "from"),
    "define": _define,
    "lookup": _lookup,
    "account": _account,
    "fire": _fire,
    "subscribe": _subscribe,
    "resubscribe": _resubscribe,
    "unsubscribe": lambda known: st.sampled_from(known.subscriptions),
}


_expected_attributes = st.dictionaries(keys, st.lists(values, min_size=2, max_size=2), max_size=3)
_which = {"topic": topics, "ids": ids}
_expect = {
    **_which,
    "count": counts,
    "status": st.integers(100, 599),
    "outcome": st.sampled_from(["delivered", "rejected", "failed", "dropped", "cancelled"]),
    "body": fields,
    "updated_attributes": _expected_attributes,
    "within": durations,
}
_totals = {name: st.integers(0, 9) for name in ("sent", "held", "dropped", "cancelled", "waiting")}
_faults = [
    "lose=20%",
    "outage=10m",
    "latency=0-15m",
    "shuffle",
    "batches=29,1",
    "api.status=429,2",
    "api.status=503,10m",
    "slow=3s",
    "hang=1",
    "gone",
    "stale=5s",
]

_plain = st.one_of(
    st.just({"switch_key": True}),
    st.builds(lambda faults: {"faults": faults}, st.just("off") | st.lists(st.sampled_from(_faults), min_size=1)),
    st.builds(lambda ms: {"advance": ms}, durations),
    st.builds(lambda limit: {"run_until_idle": limit}, st.just(True) | durations),
    st.builds(lambda body: {"expect": body}, some({"topic": topics}, _expect)),
    st.builds(lambda body: {"expect_none": body}, some({}, _which)),
    st.builds(lambda body: {"expect_totals": body}, some({"sent": st.integers(0, 9)}, {**_totals, "topic": topics})),
)
