"""Steps in plain words, for progress and failures. Values of secrets and headers never appear in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from copper_emulator.core.model import EntityType, Topic
from copper_emulator.core.text import duration_text
from copper_emulator.durations import HOUR_MS
from copper_emulator.scenarios.model import (
    Expect,
    ExpectNone,
    ExpectTotals,
    NamedSubscription,
    Resubscribe,
    Step,
    Subscription,
    Which,
)
from copper_emulator.scenarios.record_parts import (
    AccountDetails,
    Convert,
    Create,
    Define,
    Delete,
    Fire,
    Lookup,
    Merge,
    Relate,
    Replay,
    Seed,
    Unrelate,
    Update,
)
from copper_emulator.scenarios.values import Names

_NOUNS = {
    EntityType.PERSON: ("a person", "people"),
    EntityType.COMPANY: ("a company", "companies"),
    EntityType.OPPORTUNITY: ("an opportunity", "opportunities"),
    EntityType.ACTIVITY_LOG: ("an activity", "activities"),
}


def step_text(step: Step) -> str:
    """`create 61 people (imported)`, `expect person/new: 3 notifications, status 200`."""
    action = step.action
    text = _TEXTS[action](getattr(step, action))
    return f"{text}, refused with {step.refused}" if step.refused is not None else text


def subscribe_text(name: str, subscription: Subscription) -> str:
    return f"subscribe to {subscription.topic}{_named(name)} -> {subscription.target}"


def adopt_text(name: str, subscription: Subscription) -> str:
    return f"{name}: {subscription.topic} as it is subscribed"


def moment_text(ms: int) -> str:
    """Time since the scenario's start: `+10m`."""
    return f"+{duration_text(ms)}" if ms else "+0s"


def _create(create: Create) -> str:
    return f"create {_records(create.type, create.number)}{_named(create.as_)}{_each(create.each)}"


def _seed(seed: Seed) -> str:
    if seed.file is not None:
        _, many = _nouns(seed.type)
        return f"seed {many} from {seed.file}{_named(seed.as_)}"
    number = seed.count if seed.rows is None else len(seed.rows)
    return f"seed {_records(seed.type, number)}{_named(seed.as_)}"


def _records(kind: EntityType, number: int) -> str:
    one, many = _nouns(kind)
    return f"{number:,} {many}" if number > 1 else one


def _nouns(kind: EntityType) -> tuple[str, str]:
    return _NOUNS.get(kind, (f"a {kind}", f"{kind}s"))


def _update(update: Update) -> str:
    return f"update {_joined(update.records)}: {', '.join(update.names)}{_each(update.each)}"


def _delete(delete: Delete) -> str:
    return f"delete {_joined(delete.records)}{_each(delete.each)}"


def _merge(merge: Merge) -> str:
    return f"merge {merge.loser} into {merge.winner}"


def _convert(convert: Convert) -> str:
    made = [f"{part} {name}" for part, name in convert.named.items()]
    into = f" into {', '.join(made)}" if made else " with an opportunity" if convert.opportunity is not None else ""
    return f"convert {convert.lead}{into}"


def _relate(relate: Relate) -> str:
    return f"relate {_joined(relate.records)} to {relate.to}"


def _unrelate(unrelate: Unrelate) -> str:
    return f"unrelate {_joined(unrelate.records)} from {unrelate.from_}"


def _define(define: Define) -> str:
    return f"define custom field {define.name} ({define.data_type}) on {', '.join(define.available_on)}"


def _lookup(lookup: Lookup) -> str:
    return f"add {lookup.add.get('name', 'an entry')} to {lookup.table}"


def _account(account: AccountDetails) -> str:
    named = {**account.changed, **(account.settings or {})}
    changed = [f"{name} = {_plain(value)}" for name, value in named.items() if name != "settings"]
    return f"change the account: {', '.join(changed)}"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fire(fire: Fire) -> str:
    ids = f"{fire.count:,} ids" if fire.count is not None else f"ids {_joined(tuple(map(str, fire.ids or ())))}"
    ids = _joined(fire.records) if fire.records is not None else ids
    return f"fire {fire.topic} for {ids}{_named(fire.as_)}{_each(fire.each)}"


def _replay(replay: Replay) -> str:
    return f"deliver a body again: {replay.body.get('type')}/{replay.body.get('event')} -> {replay.target}"


def _subscribe(subscribe: NamedSubscription) -> str:
    return subscribe_text(subscribe.as_, subscribe)


def _resubscribe(change: Resubscribe) -> str:
    return f"change {', '.join(change.changed)} of subscription {change.subscription}"


def _expect(expect: Expect) -> str:
    text = f"expect {_which(expect)}"
    if expect.count is not None:
        text += f", {expect.count:,} notification" + ("s" if expect.count > 1 else "")
    text += _to(expect)
    if expect.status is not None:
        text += f", status {expect.status}"
    if expect.outcome is not None:
        text += f", {expect.outcome}"
    if expect.status is None and expect.outcome is None:
        text += ", answered with any 2xx"
    for name, keys in (("body", expect.body), ("updated_attributes", expect.updated_attributes)):
        if keys is not None:
            text += f", {name} with {', '.join(keys)}" if keys else f", {name} empty"
    return text if expect.within is None else f"{text}, within {duration_text(expect.within)}"


def _expect_none(expect: ExpectNone) -> str:
    return f"expect nothing (else): {_which(expect)}{_to(expect)}"


def _expect_totals(totals: ExpectTotals) -> str:
    wanted = ", ".join(f"{total:,} {name}" for name, total in totals.wanted.items())
    topic = f" of {totals.topic}" if totals.topic is not None else ""
    until = "now" if totals.until is None else moment_text(totals.until)
    return f"expect in all {wanted}{topic} from {moment_text(totals.since)} to {until}"


def _to(which: Which) -> str:
    return f", for subscription {which.to}" if which.to is not None else ""


def _which(which: Which) -> str:
    topic = _topic(which.topic)
    if which.records is not None:
        return f"{topic} of {_joined(which.records)}"
    if which.ids is not None:
        return f"{topic} of ids {_joined(tuple(map(str, which.ids)))}"
    return topic


def _topic(topic: Topic | None) -> str:
    return "any topic" if topic is None else str(topic)


def _joined(names: Names) -> str:
    return ", ".join(names) if len(names) <= 5 else f"{', '.join(names[:4])} and {len(names) - 4} more"


def _named(name: str | None) -> str:
    return f" ({name})" if name is not None else ""


def _each(each: object) -> str:
    return ", each on its own" if each else ""


_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "create": _create,
    "update": _update,
    "delete": _delete,
    "merge": _merge,
    "convert": _convert,
    "seed": _seed,
    "relate": _relate,
    "unrelate": _unrelate,
    "define": _define,
    "lookup": _lookup,
    "account": _account,
    "fire": _fire,
    "replay": _replay,
    "subscribe": _subscribe,
    "unsubscribe": lambda names: f"delete subscription{'s' if len(names) > 1 else ''} {_joined(names)}",
    "resubscribe": _resubscribe,
    "switch_key": lambda _: "switch to a new API key",
    "endpoint": lambda state: f"the endpoint goes {state}",
    "faults": lambda faults: f"switch on {', '.join(map(str, faults))}" if faults else "switch all faults off",
    "advance": lambda ms: f"let {duration_text(ms)} pass",
    "run_until_idle": lambda ms: (
        "let time pass until nothing waits" + (f", {duration_text(ms)} at most" if ms != HOUR_MS else "")
    ),
    "expect": _expect,
    "expect_none": _expect_none,
    "expect_totals": _expect_totals,
}
