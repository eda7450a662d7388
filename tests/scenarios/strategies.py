"""Any valid scenario, as the values its file would hold."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TYPES = ("lead", "person", "company", "opportunity", "project", "task")
EVENTS = ("new", "update", "delete")

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\x85\u2028\u2029"), min_size=1, max_size=12)
keys = texts.filter(lambda text: text != "<<")
"""Line ends other than line feeds are folded by YAML itself."""

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
# Printable ASCII without what a header value or a notification could not carry.
secrets = st.dictionaries(st.sampled_from(["key", "token", "secret"]), st.text("abcXYZ019-_", min_size=1), max_size=2)


def some(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        required, optional={name: optional[name] for name in sorted(optional.keys() - required.keys())}
    )


subscriptions = some({"topic": topics, "target": targets}, {"secret": secrets, "headers": secrets})


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """Names are defined before they are used and time moves forward; whether the checks hold is another matter."""
    subscribed = draw(st.dictionaries(keys, subscriptions, max_size=2))
    names, records = list(subscribed), dict[str, str]()
    steps, now = [], 0
    for _ in range(draw(st.integers(1, 6))):
        step = dict(draw(_steps(names, records)))
        # Beyond what any of the durations above could have come to.
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
    },
)


@st.composite
def _steps(draw: st.DrawFn, names: list[str], records: dict[str, str]) -> dict[str, Any]:
    action = draw(st.sampled_from(_possible(names, records)))
    each = {"each": st.booleans()}
    if action in ("create", "fire"):
        what = {"type": st.sampled_from(TYPES)} if action == "create" else {"topic": topics}
        more = {"fields": fields, "count": counts} if action == "create" else {}
        body = draw(some(what, {**each, **more}))
        if action == "fire":
            body |= draw(st.fixed_dictionaries({"ids": ids}) | st.fixed_dictionaries({"count": counts}))
        name = draw(keys)
        if name not in records:
            body["as"] = name
            records[name] = body.get("type") or body["topic"].replace(".", "/").split("/")[0]
        return {action: body}
    if action in ("update", "delete"):
        chosen = _alike(draw, records)
        more = {"fields": fields.filter(bool)} if action == "update" else {}
        return {action: {"records": chosen, **draw(some(more, each))}}
    if action == "subscribe":
        name = draw(keys.filter(lambda name: name not in names))
        names.append(name)
        return {"subscribe": {"as": name, **draw(subscriptions)}}
    if action == "resubscribe":
        changed = draw(some({}, {"target": targets, "secret": secrets, "headers": secrets}).filter(bool))
        return {"resubscribe": {"subscription": draw(st.sampled_from(names)), **changed}}
    if action == "unsubscribe":
        return {"unsubscribe": draw(st.sampled_from(names))}
    return draw(_plain)


def _possible(names: list[str], records: dict[str, str]) -> list[str]:
    return [
        "create",
        "fire",
        "subscribe",
        "plain",
        *(["update", "delete"] if records else []),
        *(["resubscribe", "unsubscribe"] if names else []),
    ]


def _alike(draw: st.DrawFn, records: dict[str, str]) -> str | list[str]:
    kind = draw(st.sampled_from(sorted(set(records.values()))))
    alike = [name for name, known in records.items() if known == kind]
    many: list[str] = draw(st.lists(st.sampled_from(alike), min_size=1, max_size=3, unique=True))
    return many[0] if len(many) == 1 and draw(st.booleans()) else many


_which = {"topic": topics, "ids": ids}
_expect = {
    **_which,
    "count": counts,
    "status": st.integers(100, 599),
    "outcome": st.sampled_from(["delivered", "rejected", "failed", "dropped", "cancelled"]),
    "body": fields,
    "updated_attributes": fields,
    "within": durations,
}
_totals = {name: st.integers(0, 9) for name in ("sent", "held", "dropped", "cancelled", "waiting")}
_plain = st.one_of(
    st.just({"switch_key": True}),
    st.builds(lambda ms: {"advance": ms}, durations),
    st.builds(lambda limit: {"run_until_idle": limit}, st.just(True) | durations),
    st.builds(lambda body: {"expect": body}, some({"topic": topics}, _expect)),
    st.builds(lambda body: {"expect_none": body}, some({}, _which)),
    st.builds(lambda body: {"expect_totals": body}, some({"sent": st.integers(0, 9)}, {**_totals, "topic": topics})),
)
