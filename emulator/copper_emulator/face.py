"""What the synchronous and the asynchronous face have in common: everything that does not let time pass.

This file is longer than most, so that its class can be read in one piece: all that a test can ask an account anytime.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from copper_emulator.argument_errors import written_like
from copper_emulator.core.arguments import record_id
from copper_emulator.core.attributes import is_defined
from copper_emulator.core.call_log import ApiCall
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.ids import check_place
from copper_emulator.core.model import (
    DEFAULT_EMAIL,
    Change,
    Delivery,
    EntityType,
    Entry,
    Key,
    Notification,
    Subscription,
)
from copper_emulator.core.moments import to_datetime, to_ms
from copper_emulator.core.paths import api_url
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.records.record import Record, kind_of
from copper_emulator.core.subscriptions import parse_create
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import count
from copper_emulator.core.wire import parse_body
from copper_emulator.explain import (
    Explanation,
    explain_change,
    explain_delivery,
    explain_records,
    explain_subscription,
)
from copper_emulator.face_names import no_attribute
from copper_emulator.faults import Faults
from copper_emulator.first_use import FirstUse
from copper_emulator.operations import LocalOperations, Operations
from copper_emulator.settings import Settings
from copper_emulator.shell.any_tenant import AnyTenant
from copper_emulator.shell.clock import VirtualClock, check_reachable
from copper_emulator.shell.host import Host
from copper_emulator.shell.intercepting.answering import Interception
from copper_emulator.shell.routing.destinations import KindName, name_of, takes
from copper_emulator.shell.tenant import Tenant
from copper_emulator.start import moment
from copper_emulator.timeline import masked, timeline
from copper_emulator.typed_lookups import Lookups
from copper_emulator.unawaited import UnawaitedCalls
from copper_emulator.verdict import Reported, overlooked_text, verdict_text

__tracebackhide__ = raised_on_purpose

_FOR_THE_PLUGIN = frozenset({"begin_test", "drawn_from", "entries_so_far", "leave", "resets_so_far", "stop_apps"})
"""What only `Emulator` and the plugin call, at the beginning and the end of a test."""

R = TypeVar("R", bound=Reported)
C = TypeVar("C")


class Face:
    """One account, as a test sees it. Obtained from `with Emulator() as copper` or the `copper` fixture."""

    def __init__(
        self,
        settings: Settings,
        host: Host,
        *,
        name: str = "test",
        start: datetime | str | None = None,
        surface: Surface = Surface.PYTHON,
        place: int = 1,
    ) -> None:
        check_place(place)
        begins = None if start is None else to_ms(moment(start))
        if begins is not None:
            check_reachable(begins)
        clock = VirtualClock(begins)

        def make() -> LocalOperations:
            key = Key(1, secrets.token_hex(16), DEFAULT_EMAIL)
            owner = self._first_use.owner
            return LocalOperations(Tenant(name, settings, clock, key=key, surface=surface, place=place, owner=owner))

        self._host = host
        self._first_use = FirstUse(host, make)
        self._begin()
        if settings.intercept:
            try:
                self.intercept()
            except BaseException:
                self.leave()
                raise

    def _begin(self) -> None:
        """Set the state before first use."""
        self._reports: list[Reported] = []
        self._interceptions: list[Interception] = []
        self.resets_so_far = 0
        """How often it has been reset."""

    # --- made at first use ----------------------------------------------------------------------------------

    @cached_property
    def _operations(self) -> Operations:
        return self._first_use.operations()

    @cached_property
    def _tenant(self) -> AnyTenant:
        return self._operations.tenant

    @cached_property
    def _here(self) -> Tenant:
        """The tenant, for an account in this process."""
        return self._first_use.operations().tenant

    @cached_property
    def _calls(self) -> UnawaitedCalls:
        return UnawaitedCalls()

    @cached_property
    def lookups(self) -> Lookups:
        """What records refer to: users, statuses, pipelines, custom fields."""
        return Lookups(self._tenant)

    @cached_property
    def faults(self) -> Faults:
        """The faults: switch them on and off."""
        return Faults(self._tenant)

    # --- who and where --------------------------------------------------------------------------------------

    @property
    def api_url(self) -> str:
        """The base URL for a client of Copper, `http://127.0.0.1:PORT/developer_api/v1`; starts the server thread."""
        # A client will call: from now on there is an account in which calls with a wrong token are recorded.
        self._first_use.operations()
        return api_url(self._host.url())

    @property
    def tls_api_url(self) -> str:
        """`api_url` over TLS, `https://127.0.0.1:PORT/developer_api/v1`, for a client that trusts `ca_file`."""
        self._first_use.operations()
        return api_url(self._host.tls_url())

    @property
    def ca_file(self) -> Path:
        """A PEM file with the certificate to trust: `requests.get(url, verify=copper.ca_file)`.

        It is made for this run and removed when the run ends.
        """
        return self._host.ca_file()

    @property
    def token(self) -> str:
        """The account's current API key (X-PW-AccessToken)."""
        return self._tenant.account.key.token

    @property
    def email(self) -> str:
        """The email that belongs to the current key (X-PW-UserEmail)."""
        return self._tenant.account.key.email

    @property
    def headers(self) -> dict[str, str]:
        """The three X-PW headers of the current key."""
        return self._tenant.account.key.headers

    @property
    def oauth_headers(self) -> dict[str, str]:
        """The header of an OAuth client: the current key as its bearer token."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def now(self) -> datetime:
        """The account's virtual time, an aware datetime in UTC."""
        return to_datetime(self._tenant.now())

    @property
    def settings(self) -> Settings:
        """The account's settings; `help(copper_emulator.Settings)` lists them all."""
        return self._tenant.settings

    def switch_key(self) -> None:
        """Give the account a new API key, which `token` and `headers` then return.

        Subscriptions belong to the key that made them: the old ones keep firing but are invisible to the new key, and
        the old key is answered with 401 (Copper support page: delete the old subscriptions before you switch).
        """
        self._tenant.switch_key()

    def intercept(self, *, token: str | None = None) -> Interception:
        """Redirect `https://api.copper.com` and `https://api.prosperworks.com` to this account, from now on.

        For code with hard-coded hosts, in this process and in those it starts; `copper-emulator docs hosts` says which
        clients are covered. Used as a context manager it ends with the block, otherwise with the account. If several
        accounts intercept, each is reached with its own token, and the latest one with any other.

        Args:
            token: the API key the application is configured with; any other is answered with 401. By default any key is
                taken for the account's. At `api_url` only `token` is valid, whatever is given here.

        Raises:
            UsageError: the account belongs to a running server, or something interception needs is unavailable.
        """
        if token is not None and not _is_token(token):
            raise UsageError("intercept(token=...) takes the API key that the application uses: a text, and printable")
        interception = self._host.intercept(self._here, token)
        self._interceptions.append(interception)
        return interception

    # --- where notifications really go ----------------------------------------------------------------------

    @written_like("copper.route('https://my-app.example', app)")
    def route(self, origin: str, to: object, *, kind: KindName | None = None, lifespan: bool = True) -> None:
        """Send `origin` and targets below it to an app in this process, or to another URL.

        Args:
            origin: scheme and host, optionally with the first parts of the path (`/h` is not above `/hooks`). The
                longest wins; path and query are kept.
            to: a URL, a WSGI app, an ASGI app, an aiohttp Application, or a function of a `Received` that returns an
                answer (see `Response`) and may be asynchronous.
            kind: what `to` is, if that is ambiguous.
            lifespan: False if the test itself has entered the ASGI application's lifespan, `with TestClient(app)`.

        Raises:
            RouteError: origin or destination cannot be understood.
        """
        self._tenant.check_goes_on()
        self._tenant.routes.add(origin, to, kind, lifespan=lifespan)

    @written_like("copper.subscribe('person', 'new', target='https://my-app.example/hook')")
    def subscribe(
        self,
        type: str,
        event: str,
        *,
        target: str,
        secret: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        custom_field_computed_values: bool = False,
    ) -> Subscription:
        """Subscribe as through the API, with the account's current key.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            BadRequest: a value is not JSON that the API would read, like NaN or half a surrogate pair.
            UsageError: the values are not JSON, so they could not be sent to the API.
        """
        body: dict[str, Any] = {"target": target, "type": type, "event": event}
        extras: dict[str, object] = {"secret": secret, "headers": headers}
        for name, extra in extras.items():
            if extra is not None:
                body[name] = dict(extra) if isinstance(extra, Mapping) else extra
        if custom_field_computed_values is not False:
            body["custom_field_computed_values"] = custom_field_computed_values
        sent = _as_sent(body)
        made: Subscription = self._tenant.record(
            lambda account, now: account.subscribe(parse_create(sent, account.rules, surface=account.surface), now)
        )
        return made

    def unsubscribe(self, subscription: Subscription | int) -> None:
        """Delete a subscription; its waiting notifications are cancelled when their turn comes. Raises NotFound."""
        wanted = subscription.id if isinstance(subscription, Subscription) else subscription
        if isinstance(wanted, bool) or not isinstance(wanted, int):
            raise UsageError(f"unsubscribe takes what subscribe() returned, or its id, not {subscription!r}")
        self._tenant.record(lambda account, now: account.unsubscribe(wanted, now))

    @property
    def subscriptions(self) -> list[Subscription]:
        """The subscriptions the current key can see, by ascending id."""
        with self._tenant.lock:
            account = self._tenant.account
            return account.subscriptions.of_key(account.key_serial)

    def after_delivery(self, hook: Callable[[Delivery], object]) -> None:
        """Call `hook` in the test's thread after each delivery sent, to drain a queue or run deferred work.

        If it returns an awaitable (`lambda delivery: queue.join()`, or it is an `async def`), that is awaited on the
        loop on which the delivery's endpoint runs, for 10 seconds of real time at most. Changes made meanwhile are
        delivered afterwards, by the call in progress. UsageError if the hook cannot be called with a delivery.
        """
        if not callable(hook):
            raise UsageError(f"after_delivery takes a function of a delivery, not {hook!r}")
        if not takes(hook, ("delivery",)):
            raise UsageError(
                f"after_delivery calls its hook with the delivery, and {name_of(hook)} cannot be called like that: "
                "write it as def hook(delivery): ..."
            )
        self._tenant.check_goes_on()
        self._tenant.hooks.registered.append(hook)

    # --- looking, without moving anything -------------------------------------------------------------------

    @property
    def deliveries(self) -> list[Delivery]:
        """The deliveries of every notification that has ended, in the order in which they ended."""
        with self._tenant.lock:
            return list(self._tenant.account.journal.deliveries)

    @property
    def changes(self) -> list[Change]:
        """Every change, in order."""
        with self._tenant.lock:
            return list(self._tenant.account.journal.changes)

    @property
    def notifications(self) -> list[Notification]:
        """Every notification, including those still waiting, in the order in which they were made."""
        with self._tenant.lock:
            return list(self._tenant.account.journal.notifications)

    @property
    def journal(self) -> list[Entry]:
        """Everything that happened, in order."""
        with self._tenant.lock:
            return list(self._tenant.account.journal.entries)

    @property
    def api_calls(self) -> list[ApiCall]:
        """The calls of the account's API, oldest first, also those refused: the last 10,000 since the last reset.

        To assert what a service asked for, and how often: `[str(call) for call in copper.api_calls]` is like
        `["POST /people/search -> 200", "GET /people/17 -> 404"]`. What the test does through `copper` itself is not in
        it. Calls are not part of the journal, of snapshots and of state files.
        """
        return self._tenant.api_calls()

    @property
    def timeline(self) -> str:
        """The journal as text, in virtual time, with secrets masked."""
        with self._tenant.lock:
            journal = self._tenant.account.journal
            return masked(timeline(journal.entries), journal.subscriptions())

    @written_like("copper.explain(type='person', id=17)")
    def explain(
        self, what: object = None, /, *, type: str | None = None, id: int | Record | None = None
    ) -> Explanation:
        """Explain why something was (not) delivered, for a change, subscription, delivery, record, type or them all."""
        with self._tenant.lock:
            account = self._tenant.account
            if what is not None and (type is not None or id is not None):
                raise UsageError("explain either one thing, or the records that type= and id= name, not both")
            if isinstance(what, Change):
                return explain_change(account, what)
            if isinstance(what, Subscription):
                return explain_subscription(account, what)
            if isinstance(what, Delivery):
                return explain_delivery(account, what)
            if isinstance(what, Notification):
                return explain_change(account, what.change)
            if isinstance(what, Record):
                return explain_records(account, kind_of(what), what.id)
            if what is not None:
                raise UsageError(
                    "explain a change, a subscription, a notification, a delivery, a record, or type= and id=, "
                    f"not {what!r}"
                )
            kind = None if type is None else kind_called(type)
            return explain_records(account, kind, None if id is None else record_id(id, kind))

    def reset(self) -> None:
        """Reset records, subscriptions, routes, settings, faults, waiting notifications, windows, counters and journal.

        The token and the clock stay. What the verdict at the end would have reported of the time before is discarded.
        """
        if self._tenant.driving:
            raise UsageError("reset() cannot be called inside a delivery")
        self._tenant.reset()
        self._operations.forget()
        self._reports.clear()
        self.resets_so_far += 1

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._at_a_glance}>"

    @property
    def _at_a_glance(self) -> str:
        """What has happened; looking moves nothing, and does not create an account that has not been used."""
        if self._is_unused:
            return "not used yet"
        with self._tenant.lock:
            account = self._tenant.account
            seen = len(account.subscriptions.of_key(account.key_serial))
            older = len(account.subscriptions) - seen
            numbers = {"change": len(account.journal.changes), "delivery": len(account.journal.deliveries)}
            waiting = len(account.waiting())
        subscribed = count(seen, "subscription") + (f" (and {older:,} of an earlier key)" if older else "")
        happened = [count(number, noun) for noun, number in numbers.items()]
        return ", ".join([subscribed, *happened, f"{waiting:,} waiting"])

    def __dir__(self) -> list[str]:
        # Neither completion nor a suggestion should lead a test to these.
        return sorted(set(super().__dir__()) - _FOR_THE_PLUGIN)

    if not TYPE_CHECKING:  # Type checkers must still reject unknown names.

        def __getattr__(self, name: str) -> Any:
            __tracebackhide__ = True
            if is_defined(self, name):
                return object.__getattribute__(self, name)
            if name.startswith("_"):
                # The object may be half-initialised, without what a suggestion needs.
                raise AttributeError(f"copper has no {name!r}", name=name, obj=self)
            raise AttributeError(no_attribute(dir(self), name, self._tenant.account.surface), name=name, obj=self)

    # --- for Emulator and the plugin ------------------------------------------------------------------------

    def leave(self) -> None:
        """Stop the host from serving this account, and end its interceptions."""
        while self._interceptions:
            self._interceptions.pop().end()
        self._calls.close()
        self._first_use.end()

    @property
    def _is_unused(self) -> bool:
        return not self._first_use.is_made

    @property
    def entries_so_far(self) -> int:
        """The number of entries in the journal. Asking does not create an account that has not been used."""
        if self._is_unused:
            return 0
        with self._tenant.lock:
            return len(self._tenant.account.journal.entries)

    @property
    def drawn_from(self) -> int | None:
        """The seed, if anything was drawn from it; with it the run can be repeated."""
        if self._is_unused:
            return None
        draws = self._tenant.account.draws
        return draws.seed if draws.made else None

    def begin_test(self) -> str:
        """Count anew: what has happened belongs to earlier tests. Returns what of it still stands.

        A test that runs wholly in a forked process (pytest-forked) goes on with that process's copy of the account.
        """
        self._take_over()
        self._calls.close()
        if self._is_unused and not self._reports:
            return ""
        with self._tenant.lock:
            self._operations.claims.earlier = len(self._tenant.account.journal.deliveries)
        return self._verdict()

    def _take_over(self) -> None:
        self._first_use.take_over()

    def verdict(self, *, said: str = "") -> str:
        """What went wrong so far and was neither expected nor allowed, as text; empty if nothing did.

        A test's end gives it by itself. Parts that are already in `said` are left out. Rows of a report that
        ended `warned`, and that nobody has looked at, are no part of it, but warned of once.
        """
        # In this order, because asking an unused account for its settings opens it.
        unawaited = self._calls.complaint() if self._calls and self.settings.strict else ""
        # A check plays in accounts of its own, so its report may be all there is.
        unused = self._is_unused and not self._reports
        text = "" if unused else self._verdict(said=said)
        return "\n".join(filter(None, [unawaited, text]))

    def _verdict(self, *, said: str = "") -> str:
        """The verdict on the deliveries since the test began, and on all that still stands."""
        with self._tenant.lock:
            account, settings, claims = self._tenant.account, self._tenant.settings, self._operations.claims
            if not settings.strict:
                return ""
            overlooked = overlooked_text(self._reports)
            for report in self._reports:
                report.warn()
            if not account.journal.entries:
                return overlooked
            text = verdict_text(account, claims, settings.allow, account.surface, said=said)
        return "\n".join(filter(None, [text, overlooked]))

    def _reported(self, report: R) -> R:
        self._reports.append(report)
        return report


def records_of(kind: EntityType, collection: Callable[..., C]) -> cached_property[C]:
    """Make an attribute of a face: the records of one type."""

    def made(face: Any) -> C:
        return collection(kind, *face._of_records)  # noqa: SLF001 - part of the same face

    return cached_property(made)


def _is_token(value: object) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable()


def _as_sent(body: dict[str, Any]) -> Any:
    """The request body as the API reads it, so that values from Python are checked and stored like posted ones."""
    try:
        return parse_body(json.dumps(body).encode())
    except (TypeError, ValueError) as error:
        target = body["target"]
        if isinstance(url := getattr(target, "url", None), str):
            wrong = f"target must be the URL as text, not the {type(target).__name__} itself"
            raise UsageError(f"{wrong}: write target=endpoint.url, which is {url!r}") from None
        raise UsageError(f"a subscription must be JSON: {error}") from None
