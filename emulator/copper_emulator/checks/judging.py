"""What do a row's answers and the endpoint's state mean? The finding that most rows end with."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from copper_emulator.checks.bench import LATE_MS, Bench
from copper_emulator.checks.causes import NEVER_CALLED, of_answers, of_state
from copper_emulator.checks.deletions import about_deletions, about_the_gone, is_of_the_gone
from copper_emulator.checks.fetched_from import about_api
from copper_emulator.checks.hints import (
    about_closed,
    about_commits,
    about_copies,
    about_forms,
    about_memories,
    about_own_limit,
    about_page,
    about_schema,
    about_unreached,
    about_unread,
)
from copper_emulator.checks.meanwhile import about_repeats, about_uncalled, calls_of_the_bad, calls_of_the_wrong
from copper_emulator.checks.report import Finding, Verdict
from copper_emulator.checks.staleness import about_cleared, about_stale, has_left_out
from copper_emulator.core.model import DISTRUSTFUL, Delivery, Outcome, Reason
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import beginning, count, exception_text, short_ids
from copper_emulator.core.tls import MAYBE_TLS
from copper_emulator.explain import is_page_of_exception
from copper_emulator.framework_refusals import about_framework
from copper_emulator.shell.routing.messages import UNENDED
from copper_emulator.timeline import masked

if TYPE_CHECKING:
    from copper_emulator.checks.plan import Plan

_SHOWN = 3
_RATHER_LATE_MS = 60_000
_BY_ITS_AGE = "Copper may take 15 minutes, so refuse nothing because its timestamp is old. "
_OR_ITS_AGE = " Or it refuses old timestamps: Copper may take 15 minutes."
_MAX_ANSWER = 120
_MOST_READ = 8000
"""Bytes of an answer that are looked at: a page of HTML may begin with its style."""
_MAX_SUMMARY = 300
"""Some exceptions tell of a whole request when they are shown."""

NO_CONTACT = (Reason.REFUSED, Reason.TLS, Reason.GARBAGE)
"""Reasons that mean that nothing there speaks HTTP."""


_NO_POST = 405
NOT_HERE = (404, _NO_POST)

ELSEWHERE = range(300, 400)
ABOUT_REDIRECT = "register the final URL (often with a trailing slash, or https); redirects are not followed"


def judged(bench: Bench, advice: str, *, state: bool = True) -> Finding:
    """Passed if every notification was answered 2xx and, with `state`, the touched records are as Copper has them.

    An exception that an endpoint in this process raised after its answer fails the row, too; if the state shows that
    nothing was lost by it, it is a warning.
    """
    afterwards = _raised_afterwards(bench)
    bad = [each for each in bench.deliveries if each.outcome is not Outcome.DELIVERED]
    if bad:
        evidence = answered_badly(bench, bad) + calls_of_the_bad(bench, bad) + afterwards
        helps = "" if is_of_the_gone(bench, bad) else advice_about(bench, bad[0])
        unfetched = about_uncalled(bench, bad) if not helps else ""
        own = about_deletions(bench, bad) or _by_its_age(bench, bad[0]) + advice
        helps = helps or unfetched or about_closed(bad, bench.deliveries, own)
        causes = NEVER_CALLED if unfetched else of_answers(bad, bench.account)
        return Finding(Verdict.FAILED, evidence, helps, causes, _how_many(bench, bad))
    if state and bench.trial.wrong:
        wrong = list(bench.trial.wrong.values())
        unfetched = about_api(bench, answered=True)
        evidence = shortened(wrong) + calls_of_the_wrong(bench, wrong) + afterwards
        helps = about_commits() + about_memories(bench.trial) + (unfetched or _about_the_wrong(bench, advice))
        causes = NEVER_CALLED if unfetched else of_state(bench.trial.wrong, bench.deliveries)
        return Finding(Verdict.FAILED, evidence, helps, causes, shortened(wrong, most=1))
    if afterwards:
        looked = state and bench.plan.state is not None
        verdict = Verdict.WARNED if looked else Verdict.FAILED
        return Finding(verdict, answered_well(bench, state=state) + afterwards, about_the_gone(bench) or AFTERWARDS)
    return Finding(Verdict.PASSED, answered_well(bench, state=state))


def without_a_right_state(bench: Bench) -> Finding | None:
    """What a row ends with that goes on from what the endpoint has, and cannot; None if its state is right so far."""
    if bench.plan.state is None:
        return Finding(Verdict.SKIPPED, "it needs the endpoint's state")
    return Finding(Verdict.SKIPPED, "its state is wrong anyway") if bench.trial.wrong else None


def _about_the_wrong(bench: Bench, advice: str) -> str:
    """What helps against a wrong state: what it shows itself or, if that is nothing, what the row advises."""
    if in_form := about_forms(bench.trial):
        return in_form
    if bench.plan.patience == 0 and not (bench.has_called or bench.has_worked):
        advice = f"{_AFTERWARDS}{advice}"
    elif bench.trial.ahead >= LATE_MS and has_left_out(bench):
        advice = f"{_LEFT_OUT}{advice}"
    changes = about_stale(bench) or about_cleared(bench) or about_the_gone(bench)
    return about_page(bench.trial) + (about_repeats(bench) or about_copies(bench.trial) or changes or advice)


_AFTERWARDS = (
    "If it answers first and works afterwards, give the check time for that (patience='2s'), or wait for that work in "
    "a hook, copper.after_delivery(...). "
)
_LEFT_OUT = (
    "It has fetched nothing for it: if it looks at the timestamp, leave nothing out because that is old, since Copper "
    "may take 15 minutes. "
)

AFTERWARDS = (
    "Catch what goes wrong after the answer, log it and try again: to Copper a 2xx means done, and it reports a change "
    "only once."
)


def _raised_afterwards(bench: Bench) -> str:
    """What an endpoint of this process raised in work that it does after a 2xx answer."""
    delivered = (each for each in bench.deliveries if each.outcome is Outcome.DELIVERED)
    raised = [each.exception for each in delivered if each.exception is not None]
    if not raised:
        return ""
    times = f" (first of {len(raised):,} times)" if len(raised) > 1 else ""
    return f"; after its answer it raised {beginning(exception_text(raised[0]), _MAX_SUMMARY)}{times}"


def answered_badly(bench: Bench, bad: list[Delivery]) -> str:
    """Which notifications were not answered 2xx, and what came instead."""
    texts = _each_once(bench, bad)
    return (f"{_how_many(bench, bad)}: " if len(bench.deliveries) > 1 else "") + shortened(texts)


def _how_many(bench: Bench, bad: list[Delivery]) -> str:
    return f"{len(bad):,} of {count(len(bench.deliveries), 'notification')} not answered 2xx"


def also_bad(bench: Bench) -> str:
    """The bad answers, for a row that fails for something else; empty if there were none."""
    bad = [each for each in bench.deliveries if each.outcome is not Outcome.DELIVERED]
    return f"; {answered_badly(bench, bad)}" if bad else ""


def _each_once(bench: Bench, bad: list[Delivery]) -> list[str]:
    # Deliveries that differ only in ids and other numbers are shown once, by the first of them.
    alike: dict[tuple[object, ...], list[Delivery]] = {}
    for each in bad:
        answer = re.sub(rb"\d+", b"0", each.response_body[:2000])
        alike.setdefault((each.topic, each.outcome, each.status, each.reason, answer), []).append(each)
    return [
        delivery_text(bench, several[0]) + (f" ({len(several):,} times)" if len(several) > 1 else "")
        for several in alike.values()
    ]


def answered_well(bench: Bench, *, state: bool) -> str:
    """How many were answered, how fast, and how many records were compared."""
    sent = count(len(bench.deliveries), "notification")
    evidence = f"{sent} answered 2xx, the slowest after {milliseconds(slowest(bench))}"
    if bench.plan.state is None or not state:
        return evidence
    them = "it" if bench.trial.compared == 1 else "them"
    return f"{evidence}; {count(bench.trial.compared, 'record')} as Copper has {them}"


def slowest(bench: Bench) -> float:
    """Seconds that the slowest answer took: real ones, or those scripted for an endpoint in this process."""
    scripted = max((each.ended_ms - each.started_ms for each in bench.deliveries), default=0)
    return max(bench.trial.slowest, scripted / 1000)


def milliseconds(seconds: float) -> str:
    """`12 ms`, `2.1 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def delivery_text(bench: Bench, delivery: Delivery) -> str:
    """One delivery and what came back, without secrets."""
    summary = delivery.summary.replace(f"; {MAYBE_TLS}", "") if bench.has_delivered else delivery.summary
    text = f"{delivery.topic} {short_ids(delivery.ids)}: {beginning(summary, _MAX_SUMMARY)}"
    if delivery.outcome is Outcome.REJECTED and delivery.response_body and not is_page_of_exception(delivery):
        text += f", answering {readable(delivery.response_body)}"
    return masked(text, bench.account.journal.subscriptions())


def readable(answer: bytes) -> str:
    """The beginning of an answer's body on one line; of HTML, what a browser would show of it."""
    text = answer[:_MOST_READ].decode("utf-8", "replace")
    if text.lstrip().startswith("<"):
        text = unescape(re.sub(r"<(style|script)\b.*?(</\1>|$)|<!--.*?-->|<[^>]*>?", " ", text, flags=re.DOTALL))
    return beginning(" ".join(text.split()), _MAX_ANSWER)


def shortened(texts: list[str], *, most: int = _SHOWN) -> str:
    """The first few, and how many more there are."""
    more = len(texts) - most
    return "; ".join(texts[:most]) + (f"; and {more} more" if more > 0 else "")


def advice_about(bench: Bench, delivery: Delivery) -> str:
    """What helps against an answer whatever the row tried; empty if that depends on the row."""
    if delivery.outcome is Outcome.BLOCKED:
        return "Give the target a route, or name a loopback URL."
    if delivery.reason in NO_CONTACT:
        surface = Surface.CHECK if bench.plan.api else bench.tenant.surface
        return about_unreached(delivery, bench.account, surface, has_delivered=bench.has_delivered)
    if delivery.reason is Reason.TIMED_OUT:
        return _END_IT if UNENDED in delivery.text else _ANSWER_FIRST
    # What a framework refuses altogether would not have been delivered before.
    by_framework = "" if bench.has_delivered else about_framework(delivery)
    if own := by_framework or about_own_limit(delivery) or about_unread(delivery) or about_schema(delivery):
        return sentence(own)
    if delivery.status in DISTRUSTFUL and not bench.has_delivered:
        return sentence(about_refusal(bench.plan)) + (_OR_ITS_AGE if bench.trial.ahead >= _RATHER_LATE_MS else "")
    if delivery.status in ELSEWHERE:
        return sentence(ABOUT_REDIRECT)
    if delivery.status in NOT_HERE:
        return sentence(about_path(delivery.status))
    return ""


_ANSWER_FIRST = (
    "Answer first and work afterwards (a queue, a background task): Copper makes one attempt and waits briefly."
)
_END_IT = (
    "End the answer: send its Content-Length (0 if it has no body), or close the connection. HTTP/1.1 keeps it open, "
    "and who waits for the rest of the answer cannot tell that there is none."
)


def _by_its_age(bench: Bench, delivery: Delivery) -> str:
    refused = delivery.status is not None and 400 <= delivery.status < 500
    return _BY_ITS_AGE if refused and bench.trial.ahead >= LATE_MS else ""


def about_refusal(plan: Plan) -> str:
    """What helps against a 401 or 403 for a notification that should be accepted."""
    secret = plan.named("--secret KEY=VALUE", "secret={...}")
    header = plan.named("--header NAME=VALUE", "headers={...}")
    if plan.secret:
        return (
            f"the secret given to the check ({secret}) is probably not the one that the endpoint expects, by key or "
            f"by value, or it looks elsewhere (the key is in the JSON body, beside `ids`); {_UNKNOWN}"
        )
    if plan.headers:
        return f"the header given to the check ({header}) is probably not the one that the endpoint expects; {_UNKNOWN}"
    return f"tell the check what the endpoint expects, a secret ({secret}) or a header ({header}); {_UNKNOWN}"


_UNKNOWN = (
    "or it does not know the subscription: an endpoint that looks at `subscription_id` has to accept those that "
    "`GET /webhooks` lists at that moment"
)


def about_path(status: int | None) -> str:
    """What helps against a 404 or 405."""
    path = "check that the path is the webhook's, and that it accepts POST"
    return path if status == _NO_POST else f"{path}; {_UNKNOWN}"


def sentence(text: str) -> str:
    """The text with a capital letter and a full stop."""
    return f"{text[0].upper()}{text[1:]}."
