"""What does the evidence of a row suggest that its own advice does not cover?"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from copper_emulator.checks.state import TIMES, differs_in_form_alone
from copper_emulator.checks.trial import Trial
from copper_emulator.core.account import Account
from copper_emulator.core.model import HAD_ANSWERED, Delivery, EntityType, Outcome, Reason
from copper_emulator.core.records.searching.search import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import count
from copper_emulator.core.tls import TlsFault
from copper_emulator.remedies import fix


def about_page(trial: Trial) -> str:
    """A hint if exactly as many records are right as a search returns by default; ends with a space, or is empty."""
    if trial.first_right != DEFAULT_PAGE_SIZE:
        return ""
    return (
        f"Exactly {DEFAULT_PAGE_SIZE} of {trial.first_touched:,} are right: a search's page has {DEFAULT_PAGE_SIZE} "
        f"unless page_size asks for more (up to {MAX_PAGE_SIZE}). "
    )


def about_memories(trial: Trial) -> str:
    """A hint if the state has one thing and then another, though nothing happens; ends with a space, or is empty."""
    if not trial.goes_back:
        return ""
    return (
        "Its state has one thing and then another, though nothing happens meanwhile: several processes (workers) "
        "answer, each with a memory of its own, so keep it in a database that they share. "
    )


def about_forms(trial: Trial) -> str:
    """What helps if the state may differ from Copper in the form of its values alone; empty if it is otherwise."""
    return _FORMS if trial.wrong and all(map(differs_in_form_alone, trial.wrong)) else ""


_FORMS = (
    "The state shows `tags` in another form than Copper: show them as Copper does (a list, in its order), or leave "
    "them out of it. If you do not join or sort them on purpose, look for code that takes the list for a text."
)


def about_copies(trial: Trial) -> str:
    """What helps if the state has a record more than once; empty if it has not."""
    return COPIES if any(each.endswith(TIMES) for each in trial.wrong) else ""


COPIES = (
    "Write each record over what you have under its id (upsert; a unique key on the id), and never insert it anew: it "
    "comes again with each update, and any notification may come twice. To look first whether it is there and then "
    "insert is not enough where two notifications are handled at once."
)


def about_commits() -> str:
    """A hint if Django's on_commit hooks wait for a commit in this thread; ends with a space, or is empty."""
    waiting = sum(len(each.run_on_commit) for each in _django_connections() if each.in_atomic_block)
    if not waiting:
        return ""
    return (
        f"{count(waiting, 'Django on_commit hook')} {'waits' if waiting == 1 else 'wait'} for a commit that never "
        "comes in a test: run them after each delivery, with copper.after_delivery(run_on_commit) as in "
        '`copper-emulator docs tests`, "Django". '
    )


def _django_connections() -> list[Any]:
    """The connections of this thread; none if Django's databases are not loaded or not configured."""
    database, conf = sys.modules.get("django.db"), sys.modules.get("django.conf")
    if database is None or conf is None or not conf.settings.configured:
        return []
    return list(database.connections.all())


def about_unreached(delivery: Delivery, account: Account, surface: Surface, *, has_delivered: bool) -> str:
    """What helps if nothing that speaks HTTP was reached."""
    if delivery.reason is Reason.TLS:
        fault = TlsFault.named_in(delivery.text)
        return _SCHEME.get(fault) or f"{fix(delivery, account, surface=surface)}."
    if delivery.reason is Reason.GARBAGE:
        return "What came is not an HTTP answer: fix what answers there, or the URL's scheme, host and port."
    if has_delivered:
        return (
            "Keep it listening: it had answered before, and then refused a connection. Does it start itself anew (a "
            "reloader), or allow too few waiting connections (the listen backlog)?"
        )
    return "Start the endpoint, and make sure that the URL's scheme, host and port are right."


_SCHEME: Mapping[TlsFault | None, str] = {
    TlsFault.PLAIN: "Write http:// in the URL if a plain HTTP server listens there; otherwise fix the port.",
    TlsFault.NOT_PLAIN: "Write https:// in the URL: what listens there speaks TLS.",
    TlsFault.CUT_OFF: "Make sure that the URL's scheme and port are right, and look in the endpoint's log for why.",
    TlsFault.INVALID: "Give the endpoint a valid certificate.",
    TlsFault.NO_AGREEMENT: "Give the endpoint the usual TLS settings (versions, ciphers, certificate).",
}


def about_own_limit(delivery: Delivery) -> str:
    """What helps if the endpoint has a limit of its own, without a full stop; empty if that is not the reason."""
    if delivery.status != _TOO_MANY:
        return ""
    return (
        "It, or a proxy before it, limits how often it is called: exempt this URL from that. Copper sends up to 600 "
        "notifications a minute, each once, so what is answered 429 is lost"
    )


_TOO_MANY = 429


def about_schema(delivery: Delivery) -> str:
    """What helps if a schema does not allow for the attributes, without a full stop; empty if it is otherwise."""
    # Pydantic shows the whole body in which it has missed a key. Others repeat what they were sent as well.
    told = delivery.response_body.partition(b'"input"')[0]
    if delivery.status not in _INVALID or b"updated_attributes" not in told or b"subscription_id" in told:
        return ""
    return (
        "It reads the body by a schema that is too narrow: let `updated_attributes` be absent, empty, or an object of "
        "any JSON (of each pair, both values may be null, a number, a text, a list or an object, and `custom_fields` "
        "has an object of such pairs in place of one)"
    )


_INVALID = (400, 422)


def about_unread(delivery: Delivery) -> str:
    """What helps if a server took what was left of the one before for the beginning of this, without a full stop."""
    if delivery.status not in _NO_REQUEST or not re.search(_NO_REQUEST_LINE, delivery.response_body):
        return ""
    unread = UNREAD.removesuffix(".")
    return f"Its server did not understand the request, which came over the same connection as another: {unread}"


UNREAD = (
    "Read the whole body (as many bytes as its Content-Length says) before you answer, also where you refuse it or "
    "have no use for it: what is left is taken for the beginning of the next request over the connection. With "
    "Python's http.server that is self.rfile.read(int(self.headers['Content-Length'])), before any answer. Or close "
    "the connection (Connection: close)."
)
_NO_REQUEST = (400, 501)
_NO_REQUEST_LINE = rb"Bad request syntax|Unsupported method \((?!'POST'\))|Invalid request line|Invalid HTTP method"
"""What servers say to a first line that is none; http.server says that of POST to who has no do_POST."""


def about_closed(bad: Sequence[Delivery], deliveries: Iterable[Delivery], advice: str) -> str:
    """What helps if it closed connections over which it had answered, and the row's advice if that may help as well.

    It does not if others of the same topic were accepted: then it was not the notification that made it do so.
    """
    if HAD_ANSWERED not in bad[0].text:
        return advice
    accepted = {each.topic for each in deliveries if each.outcome is Outcome.DELIVERED}
    if all(HAD_ANSWERED in each.text and each.topic in accepted for each in bad):
        return _CLOSED
    return f"{_CLOSED} If it was the notification itself that made it close the connection: {advice}"


RAISED = (
    "some servers (uvicorn) close the connection when something raises after the answer, as in a background task, and "
    "what has come over it meanwhile gets no answer"
)
_CLOSED = (
    "The connection was closed after the answer before: does something raise after answering? Catch what goes wrong "
    f"then, log it and try again: {RAISED}."
)


def about_connections(took: Sequence[float]) -> str:
    """If many requests took a second or three longer than others; with a space after it, or nothing.

    That is how long a system waits before it tries again to connect to who has no place left for those who connect.
    """
    again = [ms for ms in took if any(after <= ms < after + _SOON_MS for after in _AGAIN_MS)]
    quick = [ms for ms in took if ms < _SOON_MS]
    if not again or len(again) * _OFTEN < len(took) or len(again) + len(quick) < len(took) * _NEARLY_ALL:
        return ""
    return (
        f"{len(again):,} of {len(took):,} had to connect a second time: allow more waiting connections (the listen "
        "backlog; "
        "Python's http.server and wsgiref have request_queue_size = 5). "
    )


_AGAIN_MS = (1_000, 3_000, 7_000)
_SOON_MS = 300
_OFTEN = 20
_NEARLY_ALL = 0.9


def about_type(kind: EntityType) -> str:
    """The advice if other types are accepted but this one is not: the number of ids is not the cause."""
    table = TABLES[kind]
    own = _own(kind)
    return (
        f"Other types are accepted, so look for what is special about this one: {table.plural} {own}are fetched with "
        f"`GET /{table.plural}/{{id}}`."
    )


def _own(kind: EntityType) -> str:
    fields = TABLES[kind].by_name
    if "name" not in fields:
        return "have no name (their text is in `details`), and "
    if "first_name" not in fields:
        return "have a `name` alone, no first and last name, and "
    return "have one `email`, not a list of them, and " if "email" in fields else ""
