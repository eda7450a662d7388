"""Does the endpoint believe everybody? A notification without the right secret must be refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.contact import one
from copper_emulator.checks.judging import about_refusal, answered_badly, delivery_text, sentence
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.core.model import DISTRUSTFUL, Delivery, EntityType, Outcome
from copper_emulator.shell.driver import Rounds

_WRONG = "not-the-secret"

ADVICE = (
    "Compare the secret before anything else, with a constant-time comparison, and answer 401. Anybody who knows the "
    "URL can send notifications."
)


def missing(bench: Bench) -> Rounds[Finding]:
    """Neither secret nor, where headers stand for it, headers."""
    headers = bench.plan.headers if bench.plan.secret else {}
    return (yield from _refused(bench, dict.fromkeys(bench.plan.secret), headers))


def wrong(bench: Bench) -> Rounds[Finding]:
    """Another value for each."""
    if bench.plan.secret:
        return (yield from _refused(bench, dict.fromkeys(bench.plan.secret, _WRONG), bench.plan.headers))
    if not bench.plan.headers:
        return Finding(
            Verdict.SKIPPED,
            "no secret was given, so that none is wrong",
            "Give the one it expects: --secret KEY=VALUE (secret={...}).",
        )
    return (yield from _refused(bench, {}, dict.fromkeys(bench.plan.headers, _WRONG)))


def _refused(bench: Bench, secret: Mapping[str, str | None], headers: Mapping[str, str]) -> Rounds[Finding]:
    if not bench.has_delivered:
        # In a check of more rows an endpoint has taken others before.
        yield from one(bench)
        yield from bench.idle()
    kind = bench.main or bench.plan.types[0]
    record = bench.seed(kind)
    body = bench.body(kind, "new", [record], **secret)
    delivery = yield from bench.send(_without_none(body), headers)
    known = bench.believes_in(kind, record)
    return _judged(bench, kind, delivery, known=known)


def _without_none(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _advice(bench: Bench) -> str:
    if bench.plan.secret or bench.plan.headers:
        return ADVICE
    return f"{ADVICE} Where that is meant, say so: --no-secret (no_secret=True)."


def _judged(bench: Bench, kind: EntityType, delivery: Delivery, *, known: bool | None) -> Finding:
    if known:
        return Finding(Verdict.FAILED, f"{_said(delivery)}, and the {kind} is in the state", _advice(bench))
    if delivery.status is not None and delivery.status < 500 and not bench.has_delivered:
        proof = f"refused with {delivery.status}, but so is what has the right one: that proves nothing"
        return Finding(Verdict.SKIPPED, proof, sentence(about_refusal(bench.plan)))
    if delivery.status in DISTRUSTFUL:
        return Finding(Verdict.PASSED, f"refused with {delivery.status}")
    if delivery.status is None or delivery.status >= 500:
        return Finding(Verdict.FAILED, answered_badly(bench, [delivery]), ADVICE)
    if delivery.outcome is Outcome.DELIVERED and known is None:
        return Finding(Verdict.FAILED, _said(delivery), _advice(bench))
    if delivery.outcome is Outcome.DELIVERED:
        return Finding(Verdict.WARNED, f"{_said(delivery)}, but nothing was done", "Answer 401, so that it is seen.")
    return Finding(
        Verdict.WARNED,
        f"refused, but otherwise: {delivery_text(bench, delivery)}",
        "Answer 401, so that the reason is seen.",
    )


def _said(delivery: Delivery) -> str:
    return f"it was answered {delivery.status} instead of 401" if delivery.status is not None else "it was not answered"
