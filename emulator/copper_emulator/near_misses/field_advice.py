"""A delivery came close: what is wrong with it, and should the endpoint or the expectation be fixed?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from copper_emulator.core.account import Account
from copper_emulator.core.model import DISTRUSTFUL, Delivery, Outcome
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.rules import PAYLOAD_KEYS
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import short_ids
from copper_emulator.expectation import Expectation, Misfit, how
from copper_emulator.near_misses.nothing_sent import Diagnosis
from copper_emulator.remedies import fix, may_mean_another_target, named, refused_meanwhile, seen


def advice_on(
    misfit: Misfit, delivery: Delivery, expectation: Expectation, account: Account, surface: Surface
) -> Diagnosis:
    """The diagnosis for one misfit of the closest delivery."""
    if misfit.field == "outcome":
        return _outcome(delivery, expectation, account, surface)
    return _ADVICE[misfit.field](delivery, expectation)


def _ids(delivery: Delivery, expectation: Expectation) -> Diagnosis:
    extra = [record_id for record_id in delivery.ids if record_id not in (expectation.ids or ())]
    return Diagnosis(
        f"it came together with {short_ids(extra)}",
        f"Expect all that share the notification: ids={list(delivery.ids)}; or have each sent alone, with the setting "
        "batch=1.",
    )


def _target(delivery: Delivery, expectation: Expectation) -> Diagnosis:
    return Diagnosis(
        "it went to a different target",
        f"Expect target={delivery.target!r}, or subscribe with the intended target.",
    )


def _attributes(delivery: Delivery, expectation: Expectation) -> Diagnosis:
    actual = delivery.change.updated_attributes
    called = {
        name: names
        for name in expectation.updated_attributes or {}
        if name not in actual and (names := [each for each in _webhook_names(delivery, name) if each in actual])
    }
    wanted = [name for name in expectation.updated_attributes or {} if name in actual]
    wanted = [*wanted, *(names[0] for names in called.values())] or list(actual)
    shown = {name: tuple(actual[name]) if isinstance(actual[name], list) else actual[name] for name in wanted}
    return Diagnosis(
        "its updated_attributes differ",
        f"Expect what was sent, the old value first: updated_attributes={shown!r}.",
        tuple(f"A notification reports {name!r} as {', '.join(map(repr, names))}." for name, names in called.items()),
    )


def _webhook_names(delivery: Delivery, name: str) -> list[str]:
    """The names that notifications use for a field of the API, if they differ from the API's."""
    table = TABLES[delivery.type]
    names = list(table.by_name[name].webhook_names) if name in table else []
    return [] if name in names else names


def _body(delivery: Delivery, expectation: Expectation) -> Diagnosis:
    body = delivery.body if isinstance(delivery.body, Mapping) else {}
    missing = [name for name in expectation.body or {} if name not in body]
    if not missing:
        return Diagnosis("its body differs", "Fix the expectation, or the subscription's own secret={...}.")
    own = [name for name in body if name not in PAYLOAD_KEYS]
    wrong = f"its body has no {', '.join(map(repr, missing))}"
    if not own:
        return Diagnosis(wrong, f"Subscribe with secret={{{missing[0]!r}: ...}}: the body includes its keys.")
    return Diagnosis(
        wrong,
        f"Expect the secret under the name the subscription gives it: body={{{own[0]!r}: ...}}; "
        f"or subscribe with secret={{{missing[0]!r}: ...}}.",
    )


def _outcome(delivery: Delivery, expectation: Expectation, account: Account, surface: Surface) -> Diagnosis:
    wrong, ending = how(delivery), named(delivery, surface)
    if expectation.target is None and "subscription_id" not in (expectation.body or {}):
        ending += surface.only_to(delivery.target) if may_mean_another_target(account, delivery) else ""
    if delivery.outcome is Outcome.DELIVERED and expectation.status in DISTRUSTFUL:
        # Advising to expect this answer would mean accepting that anybody can tell the endpoint anything.
        compare = f"compare the secret before anything else, and answer {expectation.status}"
        return Diagnosis(wrong, f"Have the endpoint {compare}.")
    if delivery.outcome is Outcome.DELIVERED:
        return Diagnosis(wrong, f"Fix the endpoint, or expect what it answers: {ending}.")
    advice = f"{fix(delivery, account, surface=surface)}; or, if this is intended, expect it with {ending}."
    return Diagnosis(wrong, advice, (*seen(delivery), *refused_meanwhile(account, delivery)))


_ADVICE: Mapping[str, Callable[[Delivery, Expectation], Diagnosis]] = {
    "ids": _ids,
    "target": _target,
    "updated_attributes": _attributes,
    "body": _body,
}
