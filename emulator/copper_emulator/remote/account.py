"""An account of a running server, as a test sees it.

The module is a little long because both faces, and what deletes the account in the end, are in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from copper_emulator.async_copper import AsyncCopper
from copper_emulator.control_client import PROMPT_SECONDS, Client, ControlError, Silent, Unreachable, account_path
from copper_emulator.copper import Copper
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.model import DEFAULT_EMAIL, Change, Delivery, Key, Notification, Subscription
from copper_emulator.core.paths import api_url
from copper_emulator.core.records.record import Record
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import no_such
from copper_emulator.explain import Explanation
from copper_emulator.face import Face
from copper_emulator.remote.operations import UNDER_WAY, RemoteOperations
from copper_emulator.remote.tenant import RemoteTenant
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.delivering.driver import Rounds, run_sync
from copper_emulator.shell.running_loop import asyncio_loop
from copper_emulator.shell.tls.authority_files import KeptFiles, authority_folder

__tracebackhide__ = raised_on_purpose

_NOT_INTERCEPTED = (
    "Copper's hosts can be intercepted only for an account of this process, and this one is a running server's: give "
    "the application copper.api_url as its base URL, or give the server a proxy (`copper-emulator serve --proxy`)"
)


class _Remote(Face):
    """What the synchronous and the asynchronous one have in common.

    As with the fixture, what a call makes due has been delivered when it returns, whether or not the server's clock is
    frozen.

    Args:
        api_url: the base URL for a client of Copper.
        token: the account's key, if known.
        own: the account was created for this object, and is deleted with it.
        surface: where its messages are read; by default, in a program that has connected.
    """

    _connected = Surface.CONNECTED

    def __init__(
        self,
        client: Client,
        name: str,
        *,
        api_url: str,
        token: str = "",
        own: bool = False,
        surface: Surface | None = None,
    ) -> None:
        self._client = client
        self._api_url = api_url
        self._own = own
        self._there = RemoteTenant(client, account_path(name), name, token, surface=surface or self._connected)
        self._begin()
        # The account exists already, so there is no first use to wait for.
        self._operations = self._remote = RemoteOperations(self._there)

    @property
    def name(self) -> str:
        """The account's name."""
        return self._there.name

    @property
    def api_url(self) -> str:
        """The base URL for a client of Copper."""
        return self._api_url

    @property
    def tls_api_url(self) -> str:
        """`api_url` over TLS. Raises UsageError if the server does not speak TLS."""
        url = self._client.get("/health").get("tls_url")
        if not url:
            raise UsageError("the server does not speak TLS: start it with copper-emulator serve --tls-port 0")
        return api_url(url)

    @property
    def ca_file(self) -> Path:
        """The certificate of the user's authority, which signs those of servers. Raises UsageError if there is none."""
        path = KeptFiles(authority_folder()).certificate_file
        if not path.is_file():
            raise UsageError(
                f"there is no {path}: if the server is another user's, have them run copper-emulator ca --export FILE, "
                "and trust FILE"
            )
        return path

    @property
    def token(self) -> str:
        """The account's current API key. Raises UsageError if it is not known, because servers do not reveal it."""
        if not self._there.token:
            raise UsageError(
                f"a server does not tell which API keys it has: name the one that account {self.name} has, or is to "
                "get, with Copper.connect(url, token='...')"
            )
        return self._there.token

    @property
    def email(self) -> str:
        """The email that belongs to the current key (X-PW-UserEmail), or will belong to the first."""
        return next((key.email for key in reversed(self._there.account.keys)), DEFAULT_EMAIL)

    @property
    def headers(self) -> dict[str, str]:
        """The three X-PW headers of the current key. Raises UsageError if its token is not known."""
        return Key(0, self.token, self.email).headers

    @property
    def _at_a_glance(self) -> str:
        # Looking would fetch the account.
        return f"account {self.name} at {self._api_url}"

    def explain(
        self, what: object = None, /, *, type: str | None = None, id: int | Record | None = None
    ) -> Explanation:
        """Explain why something was (not) delivered, for a change, subscription, delivery, record, type or them all."""
        with self._tenant.lock:
            return super().explain(self._present(what), type=type, id=id)

    def intercept(self, *, token: str | None = None) -> NoReturn:
        """Not available with a server: `copper-emulator exec --` or `serve --proxy` lead programs to it."""
        raise UsageError(_NOT_INTERCEPTED)

    def check(self, target: str, **given: Any) -> NoReturn:
        """Not available with a server: use `copper-emulator check URL`."""
        raise UsageError(
            "this account is on a server (--copper-url, or Copper.connect), where check() cannot be called: use "
            "`copper-emulator check URL`, or leave the option out for this test"
        )

    def start(self, app: object) -> NoReturn:
        """Not available with a server, which sends over HTTP to applications that already run."""
        raise UsageError("a server sends over HTTP: serve the application yourself, which starts it, and route its URL")

    def after_delivery(self, hook: Callable[[Delivery], object]) -> None:
        """Call `hook` after each delivery sent, when the call that delivered it has been answered."""
        if not self._tenant.hooks.registered:
            self._remote.hook_from_now()
        super().after_delivery(hook)

    def leave(self) -> None:
        """Close the connection. An account created for a test is deleted, and its last state can still be read here."""
        try:
            if self._own:
                self._own = False
                self._there.keep()
                self._delete()
        finally:
            self._calls.close()
            self._there.close()
            self._client.close()

    @property
    def _is_unused(self) -> bool:
        return False

    def _take_over(self) -> None:
        """Do nothing: the account is the server's, whichever process uses it."""

    def _delete(self) -> None:
        """Delete the account once deliveries under way have ended; the patience starts anew with each that ends."""
        path, patience, last, until = account_path(self.name), self._there.settings.timeout / 1000, None, 0.0
        while True:
            try:
                self._client.delete(path)
            except ControlError as error:
                if error.status != UNDER_WAY:
                    raise
                before, last = last, self._client.get(f"{path}/notifications", {"limit": 1})["last"]
                until = until if last == before else monotonic() + patience
                if monotonic() > until:
                    raise
            else:
                return

    def _present(self, what: object) -> object:
        """The present version of an object that was passed in: each look makes new copies."""
        journal = self._tenant.account.journal
        if isinstance(what, Change):
            return next((each for each in journal.changes if each.serial == what.serial), what)
        if isinstance(what, Notification):
            return next((each for each in journal.notifications if each.serial == what.serial), what)
        if isinstance(what, Delivery):
            serial = what.notification.serial
            return next((each for each in journal.deliveries if each.notification.serial == serial), what)
        if isinstance(what, Subscription):
            return next((each for each in journal.subscriptions()[::-1] if each.id == what.id), what)
        return what


F = TypeVar("F", bound=_Remote)


class RemoteCopper(_Remote, Copper):
    """The result of `Copper.connect`: the fixture's methods, on an account of a running server."""

    def close(self) -> None:
        """Close the connection; the account stays, unless it was created for a test."""
        self.leave()

    def stop_apps(self) -> None:
        """Do nothing: only servers on loopback were started, and those end with the connection."""

    def __enter__(self) -> RemoteCopper:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drive(self, rounds: Rounds[Any]) -> Any:
        __tracebackhide__ = True
        return run_sync(rounds, lambda _: [])


class RemoteAsyncCopper(_Remote, AsyncCopper):
    """The same for asynchronous tests: while a call waits for the server, the loop keeps running."""

    _connected = Surface.CONNECTED_ASYNC

    async def close(self) -> None:
        """Close the connection; the account stays, unless it was created for a test."""
        asyncio_loop()
        await asyncio.to_thread(self.leave)

    async def stop_apps(self) -> None:
        """Do nothing: only servers on loopback were started, and those end with the connection."""

    async def _drive(self, rounds: Rounds[Any], *, of_a_test: bool = False) -> Any:
        __tracebackhide__ = True
        asyncio_loop()
        return await asyncio.to_thread(run_sync, rounds, lambda _: [])


def connect(face: type[F], url: str, *, account: str | None = None, token: str | None = None) -> F:
    """Connect to an account of a running server; see `Copper.connect`."""
    client = Client(url)
    with _closed_where_it_fails(client):
        api_url = client.api_url()
        name = _chosen([each["name"] for each in client.get("/accounts")["accounts"]], account)
        if token is not None:
            _give_key(client, name, api_url, token)
    return face(client, name, api_url=api_url, token=token or "")


def made(
    face: type[F], url: str, name: str, settings: Settings, *, surface: Surface | None = None, place: int = 1
) -> F:
    """Create an account with frozen time for one test; it is deleted when it is closed."""
    if settings.intercept:
        raise UsageError(_NOT_INTERCEPTED)
    client = Client(url)
    with _closed_where_it_fails(client):
        client.api_url()
        answered = client.post("/accounts", {"name": name, "settings": settings.as_json(), "place": place})
        client.post(f"{account_path(answered['name'])}/clock/freeze")
    return face(
        client, answered["name"], api_url=answered["api_url"], token=answered["token"], own=True, surface=surface
    )


@contextmanager
def _closed_where_it_fails(client: Client) -> Iterator[None]:
    try:
        yield
    except BaseException:
        client.close()
        raise


def _chosen(names: list[str], account: str | None) -> str:
    if account is None and len(names) != 1:
        raise UsageError(f"the server has several accounts; choose one with account=...: {', '.join(names)}")
    name = names[0] if account is None else account
    if name not in names:
        raise UsageError(no_such("account", name, names))
    return name


def _give_key(client: Client, name: str, api_url: str, token: str) -> None:
    """Give the token to an account without a key: the first token that calls the API becomes its key."""
    if client.get(account_path(name))["email"] is None:
        key = Key(1, token, DEFAULT_EMAIL)
        try:
            # Not through a proxy of the environment: the server is the one that was named.
            request = Request(f"{api_url}/account", headers=key.headers)
            with build_opener(ProxyHandler({})).open(request, timeout=PROMPT_SECONDS):
                pass
        except HTTPError as error:
            with error:
                raise UsageError(f"token=... is not an API key: the server answered {error.code}") from None
        except ValueError:
            raise UsageError("token=... is not an API key: it cannot be sent as a header") from None
        except TimeoutError:
            raise Silent(api_url, PROMPT_SECONDS) from None
        except (OSError, HTTPException) as error:
            raise Unreachable(api_url, error) from None
