"""How to fix, or allow, the way a notification ended; shown by a failed expect, by a verdict and by `why`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from copper_emulator.core.account import Account
from copper_emulator.core.fault import BY_FAULT, FaultName
from copper_emulator.core.model import DISTRUSTFUL, HAD_ANSWERED, OTHER_KEY, UNSUCCESSFUL, Delivery, Outcome, Reason
from copper_emulator.core.rules import PAYLOAD_KEYS
from copper_emulator.core.surface import CONNECTED, Surface
from copper_emulator.core.text import STOOD_STILL, beginning, in_words
from copper_emulator.core.tls import MAYBE_TLS, TlsFault
from copper_emulator.framework_refusals import about_framework
from copper_emulator.interception.hosts import HOSTS
from copper_emulator.mocking_refusals import about_mocking
from copper_emulator.proxied_calls import about_proxy
from copper_emulator.unknown_subscriptions import about_unknown

_DISLIKED = DISTRUSTFUL | {400, 422}
"""Statuses with which an endpoint rejects what it was sent."""

_ELSEWHERE = frozenset({404, 405})
"""Statuses of an application that takes no POST at that path."""

_REDIRECTS = range(300, 400)
_MOST_OF_A_LOCATION = 200
"""Characters shown; the Location of a redirect to a login page can be very long."""

_FIX = "Fix the endpoint"
"""The advice if nothing more specific is known."""

_OF_COMMANDS = (Surface.SERVER, Surface.PLAY, Surface.EXEC)
"""Surfaces on which settings are given to commands."""

_NO_REMEDY = (Outcome.DELIVERED, Outcome.CANCELLED, Outcome.DROPPED, Outcome.LOST, Outcome.UNKNOWN)
"""Outcomes that are not the endpoint's fault, or that it cannot fix."""


def fix(delivery: Delivery, account: Account, *, surface: Surface = Surface.PYTHON) -> str:
    """What to do so that it is delivered, as a sentence without its full stop.

    What else was delivered in `account` may show more than the answer alone.
    """
    if delivery.by_fault:
        return f"Switch the fault off before the change, with {surface.faults_off}"
    if delivery.outcome is Outcome.BLOCKED:
        # The text after the reason says which routes exist and how to add one.
        return delivery.advice.rstrip(".") or "Add a route for its target"
    if delivery.outcome is Outcome.UNKNOWN:
        return _interrupted(surface)
    if STOOD_STILL in delivery.text:
        return "Freeze time with real_asyncio=True"
    setting = _BY_SETTING.get(delivery.reason or delivery.outcome)
    if setting is not None:
        return setting[0].format(_setting(surface, *setting[1]))
    if delivery.exception is not None:
        special = about_mocking(delivery.exception) or _led_here(delivery, surface)
        return special or _refused_call(account, delivery) or f"{_FIX}{about_proxy(delivery, account)}"
    if delivery.reason is not None:
        return _unanswered(delivery, surface)
    return _answered(delivery, account)


def _answered(delivery: Delivery, account: Account) -> str:
    if frameworks := about_framework(delivery):
        return frameworks
    if delivery.status == 400 and _speaks_tls(delivery):
        return _TLS[TlsFault.NOT_PLAIN]
    if found := _refused_call(account, delivery) or _unknown(account, delivery):
        return found
    if delivery.status in _ELSEWHERE:
        return _PATH if delivery.status == _NO_POST else f"{_PATH}; if it looks at `subscription_id`, accept any"
    if delivery.status in DISTRUSTFUL:
        return _believed(delivery)
    if delivery.status in _REDIRECTS:
        return _elsewhere(delivery)
    if delivery.replayed and delivery.status in _DISLIKED:
        return f"{_FIX}, or the body that was sent"
    return _OUTCOMES.get(delivery.outcome, _FIX)


def _refused_call(account: Account, delivery: Delivery) -> str:
    """What to do about a call that the API refused meanwhile, and by itself; "" if there was none.

    An endpoint calls the API once it has found the path right, and the secret.
    """
    refused = [text for text in refused_calls(account, delivery) if BY_FAULT not in text]
    if any(OTHER_KEY in text for text in refused):
        return "Have the endpoint call the API with the key of the account that notifies it"
    return "Fix the call that the API refused, or what the endpoint makes of the refusal" if refused else ""


def _unknown(account: Account, delivery: Delivery) -> str:
    unknown = about_unknown(delivery, account)
    return f"{_FIX}: {unknown}" if unknown else ""


def _interrupted(surface: Surface) -> str:
    unclear = "whether the endpoint was notified is unknown"
    if surface in CONNECTED or not surface.account:
        return f"Make the change again: {unclear}, and nothing is sent twice"
    # In a test the emulator ends only after the test, so it was the test that did not let a call end.
    by = "the test cancelled or interrupted it, perhaps with a timeout around the call"
    return f"Let the call that was sending it end: {by}, so {unclear}"


def _elsewhere(delivery: Delivery) -> str:
    location = next((value for name, value in delivery.response_headers if name.lower() == "location"), "")
    leads = f"redirects to {beginning(location, _MOST_OF_A_LOCATION)}" if location else "redirects without a Location"
    return (
        f"Subscribe with the final URL: this one {leads} (often because of a trailing slash, or https), and "
        "redirects are not followed"
    )


def _led_here(delivery: Delivery, surface: Surface) -> str:
    """How an endpoint that could not reach Copper's real host reaches this account instead; "" if that was not it."""
    error = delivery.exception
    # An error with an answer in it comes from a host that was reached: this account, if the hosts are intercepted.
    if any(getattr(error, answer, None) is not None for answer in ("response", "status")):
        return ""
    # Some clients say only that a name is unknown; the traceback then shows which one.
    traceback = delivery.traceback or ""
    text = traceback if "gaierror" in traceback else str(error)
    host = next((host for host in HOSTS if host in text), "")
    fixture = " or the fixture copper_intercept" if surface in (Surface.PYTEST, Surface.PYTEST_ASYNC) else ""
    way = f"point {host} at the account with copper.intercept(){fixture}"
    return f"Have the endpoint call copper.api_url, or {way}" if host else ""


def _believed(delivery: Delivery) -> str:
    names, subscription = secret_names(delivery), delivery.subscription
    if delivery.replayed and subscription is None:
        return f"{_FIX}, or send the secret it expects, in the body or in a header"
    if names:
        why = f"under a name other than {names}, or with a different value"
    elif subscription is not None and not subscription.headers:
        why = "the subscription has none"
    else:
        return _FIX
    return f"{_FIX}, or subscribe with the secret it expects: {why}"


def _unanswered(delivery: Delivery, surface: Surface) -> str:
    if delivery.reason is Reason.REFUSED:
        return _listen(delivery)
    if delivery.reason is Reason.TLS:
        return _over_tls(delivery, surface)
    if delivery.reason is Reason.BROKEN_OFF and MAYBE_TLS in delivery.text:
        return "Fix the endpoint, or if it is a TLS server, write https:// in its route or target"
    if delivery.reason is Reason.BROKEN_OFF and HAD_ANSWERED in delivery.text:
        return (
            f"{_FIX}; perhaps something raises after it has answered, in a background task: some servers (uvicorn) "
            "then close the connection, and what has come over it meanwhile gets no answer"
        )
    return _FIX


def _setting(surface: Surface, name: str, value: str) -> str:
    # In a test it is obvious where a setting goes; on a server there is a command for it.
    return surface.setting(name, value) if surface in _OF_COMMANDS else f"the setting {name}={value!r}"


def _listen(delivery: Delivery) -> str:
    if "://" in delivery.route:
        return f"Have the endpoint listen at {delivery.route}, or route its target to where it listens"
    if not delivery.route and "://" in delivery.target:
        return f"Have the endpoint listen at {delivery.target}, or subscribe with the URL it listens at"
    return _FIX


def _over_tls(delivery: Delivery, surface: Surface) -> str:
    fault = TlsFault.named_in(delivery.text)
    if fault not in (TlsFault.UNKNOWN_AUTHORITY, TlsFault.SELF_SIGNED):
        return _TLS.get(fault, _FIX)
    trust = f"Trust its issuer, with a file of the issuer's certificate: {surface.setting('ca', 'FILE')}"
    # The authority of a test's account ends with the test, so no command can issue certificates from it.
    own = surface in (Surface.RUN, *_OF_COMMANDS, *CONNECTED)
    return f"{trust}; or give it a certificate from copper-emulator ca --issue FILE" if own else trust


def _speaks_tls(delivery: Delivery) -> bool:
    """Whether the answer says, in the words of one server or another, that it expects HTTPS."""
    there = delivery.route or delivery.target
    return there.startswith("http://") and b"https" in (delivery.response_body or b"").lower()


def named(delivery: Delivery, surface: Surface) -> str:
    """How an `expect` names this ending: `status=500`, `outcome='failed'`."""
    if delivery.status is not None:
        return surface.expected("status", delivery.status)
    return surface.expected("outcome", str(delivery.outcome))


def may_mean_another_target(account: Account, delivery: Delivery) -> bool:
    """Whether an expectation of its topic and ids could also mean a delivery to another target."""
    ids = set(delivery.ids)
    # What was cancelled has no target.
    return delivery.target != "" and any(
        other.topic == delivery.topic and other.target not in ("", delivery.target) and ids.issuperset(other.ids)
        for other in account.journal.deliveries
    )


def raised_afterwards(delivery: Delivery) -> bool:
    """Whether the endpoint raised after answering 2xx, in work that its framework does then."""
    return delivery.exception is not None and delivery.outcome is Outcome.DELIVERED


def permit(delivery: Delivery, account: Account, surface: Surface) -> str:
    """How a test permits an ending that it did not expect."""
    if raised_afterwards(delivery):
        return f"allow it: {surface.setting('allow', 'exception')}"
    allowed: int | str = str(delivery.outcome) if delivery.status is None else delivery.status
    if delivery.exception is not None and delivery.status is None:
        allowed = "exception"
    to = surface.only_to(delivery.target) if may_mean_another_target(account, delivery) else ""
    return f"expect it with {named(delivery, surface)}{to}, or allow it: {surface.setting('allow', allowed)}"


def permit_due(surface: Surface) -> str:
    """How a test permits notifications that were due but never sent."""
    return f"allow it: {surface.setting('allow', 'due')}"


def seen(delivery: Delivery) -> tuple[str, ...]:
    """Which keys the body had, if the endpoint seems to have rejected the body."""
    if not isinstance(delivery.body, Mapping):
        return ()
    if not (delivery.status in _DISLIKED or isinstance(delivery.exception, KeyError)) or about_framework(delivery):
        return ()
    if delivery.replayed:
        # It was written by hand, or edited: nothing of it need be the payload's or the secret's.
        return (f"The body had the keys {in_words(delivery.body)}." if delivery.body else "The body was empty.",)
    own = ", ".join(name for name in delivery.body if name in PAYLOAD_KEYS)
    names = secret_names(delivery)
    secrets = f", and those of the secret: {names}" if names else ", and no secret"
    return (f"The body had the keys {own}{secrets}.",)


def secret_names(delivery: Delivery) -> str:
    """The names in the subscription's secret, as text."""
    secret = delivery.subscription.secret if delivery.subscription is not None else None
    return ", ".join(map(repr, secret or ()))


def refused_meanwhile(account: Account, delivery: Delivery) -> tuple[str, ...]:
    """What the emulated API refused while the endpoint was notified: often why it did not accept the notification."""
    refused = [f"While it was being notified, the API refused {text}" for text in refused_calls(account, delivery)]
    return (*refused, *_unanswered_calls(account, delivery))


def _unanswered_calls(account: Account, delivery: Delivery) -> Iterator[str]:
    """The calls of which nobody saw the answer because a fault kept it back, without duplicates."""
    slow = [fault for fault in account.faults.active(delivery.ended_ms) if fault.name is FaultName.API_SLOW]
    if not slow or delivery.outcome not in UNSUCCESSFUL:
        return
    during = delivery.notification.serial
    calls = (each for each in account.call_log.calls() if each.during == during and each.status is None)
    for call in dict.fromkeys(f"{each.method} {each.path}" for each in calls):
        yield f"While it was being notified, the API had not answered {call} yet: the fault {slow[0]} is on"


def refused_calls(account: Account, delivery: Delivery) -> list[str]:
    """Those calls with the reason for each refusal, without duplicates."""
    if delivery.outcome not in UNSUCCESSFUL and not raised_afterwards(delivery):
        return []
    return account.journal.refused_during(delivery.notification)


def remedy(account: Account, delivery: Delivery) -> tuple[str, ...]:
    """What to do about a notification that did not get through, as lines; empty if nothing is wrong."""
    if delivery.outcome in _NO_REMEDY or delivery.by_fault:
        return ()
    shown = (*seen(delivery), *refused_meanwhile(account, delivery))
    advice = fix(delivery, account, surface=account.surface)
    return () if not shown and advice == _FIX else (*shown, f"{advice}.")


_PATH = "Check that the target's path is the webhook's, and that it accepts POST"
_NO_POST = 405
_TLS: dict[TlsFault | None, str] = {
    TlsFault.EXPIRED: "Give the endpoint a new certificate (real time counts, not the account's)",
    TlsFault.NOT_YET_VALID: "Give the endpoint one that is valid now (real time counts, not the account's)",
    TlsFault.OTHER_NAME: "Use its certificate's name in the route or target, or give it a certificate for this name",
    TlsFault.OLD_VERSION: "Have the endpoint support TLS 1.2 or 1.3",
    TlsFault.CLIENT_CERTIFICATE: "Have the endpoint stop requiring a client certificate",
    TlsFault.PLAIN: "If it is a plain HTTP server, write http:// in its route or target",
    TlsFault.NOT_PLAIN: "It speaks TLS: write https:// in its route or target",
}

_OUTCOMES = {Outcome.CANCELLED: "Unsubscribe after it has been delivered"}

_BY_SETTING: Mapping[Reason | Outcome, tuple[str, tuple[str, str]]] = {
    Reason.TIMED_OUT: ("Answer first and work afterwards, or allow more time with {}", ("timeout", "60s")),
    Outcome.DROPPED: ("Let it wait until the limit renews, with {}, and advance", ("over_limit", "hold")),
}
"""Endings that another setting would prevent, too."""
