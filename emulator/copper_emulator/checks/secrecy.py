"""Does the endpoint believe just anybody? A notification without the right secret must be refused."""

from __future__ import annotations

from collections.abc import Mapping

from copper_emulator.checks.bench import Bench
from copper_emulator.checks.contact import one
from copper_emulator.checks.judging import about_refusal, delivery_text, sentence
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.core.model import DISTRUSTFUL, Delivery, Event, Outcome, Topic
from copper_emulator.shell.clock import monotonic
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
    """Send neither the secret nor, if headers serve as one, the headers: of each type, and of each event of one type.

    Where each has a handler of its own, one of them may not look.
    """
    headers = bench.plan.headers if bench.plan.secret else {}
    yield from _delivered(bench)
    probed = dict[str, Finding]()
    for topic in _topics(bench):
        probed[str(topic)] = yield from _forged(bench, topic, {}, headers)
        if probed[str(topic)].verdict is Verdict.SKIPPED:
            # The right one is refused as well: more of them would prove no more.
            break
    return _found(probed)


def _topics(bench: Bench) -> list[Topic]:
    """The `new` of each type, and all events of the type that most rows use, which comes first."""
    first = bench.kind_of_most
    own = [Topic(first, event) for event in Event if event in bench.events(first)]
    return [*own, *(Topic(kind, Event.NEW) for kind in bench.plan.types if kind is not first)]


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
            f"Give the one it expects: {bench.plan.named('--secret KEY=VALUE', 'secret={...}')}.",
        )
    probed = yield from _probed(bench, forged)
    return _found(probed)


def _probed(
    bench: Bench, forged: Mapping[str, tuple[Mapping[str, object], Mapping[str, str]]]
) -> Rounds[dict[str, Finding]]:
    """The finding for each forgery, by its description: each as a `new` of one type, the first as all else as well.

    Where each has a handler of its own, one of them may only look whether there is a secret.
    """
    yield from _delivered(bench)
    plainest, found = Topic(bench.kind_of_most, Event.NEW), dict[str, Finding]()
    for what, (members, headers) in forged.items():
        found[what] = yield from _forged(bench, plainest, members, headers)
    what, (members, headers) = next(iter(forged.items()))
    if found[what].verdict in (Verdict.PASSED, Verdict.WARNED):
        for topic in _topics(bench):
            if topic != plainest:
                found[f"{what} for {topic}"] = yield from _forged(bench, topic, members, headers)
    return found


def _delivered(bench: Bench) -> Rounds[None]:
    """Send a true notification if none has been accepted: who refuses those too refuses the forged for nothing."""
    if not bench.has_delivered:
        # In a check with other rows before this one, it has.
        yield from one(bench)
        yield from bench.idle()


def _forged(bench: Bench, topic: Topic, members: Mapping[str, object], headers: Mapping[str, str]) -> Rounds[Finding]:
    """The finding for one forgery. Each has a record of its own: what becomes of it is due to this notification."""
    is_delete, had = topic.event is Event.DELETE, True
    if is_delete:
        (record,) = yield from bench.create(topic.type)
        yield from bench.end()
        had = (yield from bench.believes_in(topic.type, record)) is not False
    else:
        record = bench.seed(topic.type)
    body = bench.body(topic.type, topic.event, [record])
    own = {name: value for name, value in body.items() if name not in bench.plan.secret}
    calls = bench.api_calls
    delivery = yield from bench.send({**members, **own}, headers)
    until = monotonic() + (bench.plan.patience if delivery.outcome is Outcome.DELIVERED else 0.0)
    # Who answers first believes it only later.
    while (yield from _is_idle(bench, topic, record, calls)) and monotonic() < until:
        yield from bench.rest()
    known = yield from bench.believes_in(topic.type, record)
    believed = None if known is None else had and known is not is_delete
    # A schema says no before any comparison, and says why.
    formless = not believed and delivery.status in _BY_SCHEMA and not _has_form(bench, members, headers)
    if formless and bench.has_delivered:
        return Finding(Verdict.PASSED, f"refused with {delivery.status}")
    if believed is None and (yield from _is_idle(bench, topic, record, calls)):
        # Who handles this type nowhere may say so to everybody.
        return _judged(bench, topic, delivery, believed=False)
    return _judged(bench, topic, delivery, believed=believed)


def _is_idle(bench: Bench, topic: Topic, record: int, calls: int) -> Rounds[bool]:
    """Whether nothing shows so far that the endpoint believed it; `calls` is how many of the API there were before.

    Without a state, who fetches for it has believed it; of the main type, so has who accepts it.
    """
    if bench.plan.state is None:
        return topic.type is not bench.kind_of_most and bench.api_calls == calls
    return (yield from bench.believes_in(topic.type, record)) is (topic.event is Event.DELETE)


_BY_SCHEMA = (400, 422)
"""What frameworks answer by themselves if a key or a header is missing, or is no text."""


def _has_form(bench: Bench, members: Mapping[str, object], headers: Mapping[str, str]) -> bool:
    """Whether everything that is expected is there, and is text."""
    texts = {name for name, value in members.items() if isinstance(value, str)}
    return texts >= set(bench.plan.secret) and set(headers) >= set(bench.plan.headers)


def _found(probed: Mapping[str, Finding]) -> Finding:
    """The worst finding, with the forgeries it is about."""
    for verdict in (Verdict.FAILED, Verdict.WARNED, Verdict.SKIPPED):
        alike: dict[str, list[str]] = {}
        for what, each in probed.items():
            if each.verdict is verdict:
                alike.setdefault(each.evidence, []).append(what)
        if alike:
            advice = next(each.advice for each in probed.values() if each.verdict is verdict)
            return Finding(
                verdict, "; ".join(_about(text, which, len(probed)) for text, which in alike.items()), advice
            )
    passed = dict.fromkeys(each.evidence for each in probed.values())
    times = f", each of {len(probed)}" if len(probed) > 1 else ""
    return Finding(Verdict.PASSED, f"{'; '.join(passed)}{times}")


def _about(text: str, which: list[str], of: int) -> str:
    return text if len(which) == of else f"{', '.join(which)}: {text}"


def _advice(bench: Bench) -> str:
    if bench.plan.secret or bench.plan.headers:
        return ADVICE
    return f"{ADVICE} If that is intended, say so: --no-secret (no_secret=True)."


def _judged(bench: Bench, topic: Topic, delivery: Delivery, *, believed: bool | None) -> Finding:
    """What an answer to a forgery means, and that the state shows that it was believed; None if it cannot."""
    if believed:
        where = "no longer in the state" if topic.event is Event.DELETE else "in the state"
        return Finding(Verdict.FAILED, f"{_answer_text(delivery)}, and the record is {where}", _advice(bench))
    if delivery.status is not None and delivery.status < 500 and not bench.has_delivered:
        proof = f"refused with {delivery.status}, but so is the right one: that proves nothing"
        return Finding(Verdict.SKIPPED, proof, sentence(about_refusal(bench.plan)))
    if delivery.status in DISTRUSTFUL:
        return Finding(Verdict.PASSED, f"refused with {delivery.status}")
    if delivery.status is None or delivery.status >= 500:
        return Finding(Verdict.FAILED, _came(bench, delivery), f"{ADVICE} {_CRASHED}")
    if delivery.outcome is Outcome.DELIVERED and believed is None:
        return Finding(Verdict.FAILED, _answer_text(delivery), _advice(bench))
    if delivery.outcome is Outcome.DELIVERED:
        what = "but nothing was done" if bench.plan.state else "but nothing was fetched"
        return Finding(Verdict.WARNED, f"{_answer_text(delivery)}, {what}", "Answer 401, so that it is noticed.")
    return Finding(
        Verdict.WARNED,
        f"refused, but not with 401: {_came(bench, delivery)}",
        "Answer 401, so that the reason is clear.",
    )


def _came(bench: Bench, delivery: Delivery) -> str:
    # Each is about a record of its own; what is alike apart from that is reported once.
    return delivery_text(bench, delivery).partition(": ")[2]


def _answer_text(delivery: Delivery) -> str:
    return f"it was answered {delivery.status} instead of 401" if delivery.status is not None else "it was not answered"
