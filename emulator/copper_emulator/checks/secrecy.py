"""Does the endpoint believe just anybody? A notification without the right secret must be refused."""

from __future__ import annotations

from collections.abc import Mapping

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.contact import one
from copper_emulator.checks.judging import about_refusal, delivery_text, sentence
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.core.model import DISTRUSTFUL, Delivery, EntityType, Outcome
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.wrong_secrets import wrong_headers, wrong_secrets

ADVICE = (
    "Compare the secret before anything else, with a constant-time comparison, and answer 401 if it is wrong. Anybody "
    "who knows the URL can send notifications."
)
_CRASHED = (
    "Check that it is text, and compare bytes: hmac.compare_digest raises TypeError for text that is not ASCII, and "
    "for what is not text."
)


def missing(bench: Bench) -> Rounds[Finding]:
    """Send neither the secret nor, if headers serve as one, the headers."""
    headers = bench.plan.headers if bench.plan.secret else {}
    probed = yield from _probed(bench, {"": ({}, headers)})
    return _found(bench, probed)


def wrong(bench: Bench) -> Rounds[Finding]:
    """Send wrong values that more or less resemble the right ones; the finding names all that were accepted."""
    secret, headers = bench.plan.secret, bench.plan.headers
    forged: dict[str, tuple[Mapping[str, object], Mapping[str, str]]]
    if secret:
        forged = {what: (each, headers) for what, each in wrong_secrets(secret).items()}
    elif headers:
        forged = {what: ({}, each) for what, each in wrong_headers(headers).items()}
    else:
        return Finding(
            Verdict.SKIPPED,
            "no secret was given, so none can be wrong",
            "Give the one it expects: --secret KEY=VALUE, secret={...}.",
        )
    probed = yield from _probed(bench, forged)
    return _found(bench, probed)


def _probed(
    bench: Bench, forged: Mapping[str, tuple[Mapping[str, object], Mapping[str, str]]]
) -> Rounds[dict[str, Finding]]:
    """The finding for each forgery, by its description."""
    if not bench.has_delivered:
        # In a check with other rows before this one, it has.
        yield from one(bench)
        yield from bench.idle()
    kind, found = bench.main or bench.plan.types[0], dict[str, Finding]()
    for what, (members, headers) in forged.items():
        # Each has a record of its own: if the endpoint knows it, it is from this notification.
        record = bench.seed(kind)
        body = bench.body(kind, "new", [record])
        own = {name: value for name, value in body.items() if name not in bench.plan.secret}
        delivery = yield from bench.send({**members, **own}, headers)
        known = bench.believes_in(kind, record)
        # A schema says no before any comparison, and says why.
        formless = not known and delivery.status in _BY_SCHEMA and not _has_form(bench, members, headers)
        refused = Finding(Verdict.PASSED, f"refused with {delivery.status}")
        found[what] = refused if formless and bench.has_delivered else _judged(bench, kind, delivery, known=known)
    return found


_BY_SCHEMA = (400, 422)
"""What frameworks answer by themselves if a key or a header is missing, or is no text."""


def _has_form(bench: Bench, members: Mapping[str, object], headers: Mapping[str, str]) -> bool:
    """Whether everything that is expected is there, and is text."""
    texts = {name for name, value in members.items() if isinstance(value, str)}
    return texts >= set(bench.plan.secret) and set(headers) >= set(bench.plan.headers)


def _found(bench: Bench, probed: Mapping[str, Finding]) -> Finding:
    """The worst finding, with the forgeries it is about."""
    for verdict in (Verdict.FAILED, Verdict.WARNED, Verdict.SKIPPED):
        alike: dict[str, list[str]] = {}
        for what, each in probed.items():
            if each.verdict is verdict:
                alike.setdefault(each.evidence, []).append(what)
        if alike:
            advice = next(each.advice for each in probed.values() if each.verdict is verdict)
            return Finding(verdict, "; ".join(_told(said, which, len(probed)) for said, which in alike.items()), advice)
    passed = dict.fromkeys(each.evidence for each in probed.values())
    times = f", each of {len(probed)}" if len(probed) > 1 else ""
    return Finding(Verdict.PASSED, f"{'; '.join(passed)}{times}")


def _told(said: str, which: list[str], of: int) -> str:
    return said if len(which) == of else f"{', '.join(which)}: {said}"


def _advice(bench: Bench) -> str:
    if bench.plan.secret or bench.plan.headers:
        return ADVICE
    return f"{ADVICE} If that is intended, say so: --no-secret (no_secret=True)."


def _judged(bench: Bench, kind: EntityType, delivery: Delivery, *, known: bool | None) -> Finding:
    if known:
        return Finding(Verdict.FAILED, f"{_said(delivery)}, and the {kind} is in the state", _advice(bench))
    if delivery.status is not None and delivery.status < 500 and not bench.has_delivered:
        proof = f"refused with {delivery.status}, but so is the right one: that proves nothing"
        return Finding(Verdict.SKIPPED, proof, sentence(about_refusal(bench.plan)))
    if delivery.status in DISTRUSTFUL:
        return Finding(Verdict.PASSED, f"refused with {delivery.status}")
    if delivery.status is None or delivery.status >= 500:
        return Finding(Verdict.FAILED, _came(bench, delivery), f"{ADVICE} {_CRASHED}")
    if delivery.outcome is Outcome.DELIVERED and known is None:
        return Finding(Verdict.FAILED, _said(delivery), _advice(bench))
    if delivery.outcome is Outcome.DELIVERED:
        return Finding(Verdict.WARNED, f"{_said(delivery)}, but nothing was done", "Answer 401, so that it is noticed.")
    return Finding(
        Verdict.WARNED,
        f"refused, but not with 401: {_came(bench, delivery)}",
        "Answer 401, so that the reason is clear.",
    )


def _came(bench: Bench, delivery: Delivery) -> str:
    # Each is about a record of its own; what is alike apart from that is reported once.
    return delivery_text(bench, delivery).partition(": ")[2]


def _said(delivery: Delivery) -> str:
    return f"it was answered {delivery.status} instead of 401" if delivery.status is not None else "it was not answered"
