"""The routes of an account of a running server."""

from __future__ import annotations

from datetime import datetime

from copper_emulator.control_client import Client, ControlError
from copper_emulator.core.errors import RouteError, UsageError
from copper_emulator.core.moments import to_ms
from copper_emulator.remote.raised import Raised
from copper_emulator.remote.serving import Served
from copper_emulator.shell.routing.destinations import KindName, RouteKind, kind_named, recognise
from copper_emulator.shell.routing.routes import Route, Routes, is_scripted


class RemoteRoutes(Routes):
    """Makes routes on the server. What runs in this process is served on loopback, so that the server can reach it."""

    def __init__(self, client: Client, path: str) -> None:
        super().__init__()
        self._client = client
        self._path = path
        self._served: list[Served] = []
        self._scripted: set[str] = set()
        """The URLs of those that do nothing but answer."""
        self.raised = Raised()
        """What the endpoints of this process raised."""

    def add(self, origin: str, to: object, kind: KindName | None = None, *, lifespan: bool = True) -> Route:
        """Add a route. Raises RouteError if origin or destination cannot be understood."""
        found = kind_named(kind, to) if kind is not None else recognise(to)
        if found in (RouteKind.ASGI, RouteKind.AIOHTTP):
            raise RouteError(f"a server sends over HTTP: serve this {found} application yourself, and give its URL")
        url = str(to)
        if found is not RouteKind.URL:
            self._served.append(Served(to, found, moment=self._moment, raised=self.raised))
            url = self._served[-1].url
            if is_scripted(to):
                self._scripted.add(url)
        route = super().add(origin, url, "url")
        self._make(origin, url)
        return route

    def is_scripted(self, target: str) -> bool:
        destination = self.resolve(target)
        return isinstance(destination, Route) and destination.name in self._scripted

    def make_again(self) -> None:
        """Make the routes again after the account was emptied."""
        for route in self:
            self._make(route.written, str(route.to))

    def forget(self) -> None:
        """Forget the routes, because the account was emptied and they with it."""
        for route in list(self):
            self.remove(route.written)
        self.close()

    def _make(self, origin: str, url: str) -> None:
        try:
            self._client.post(f"{self._path}/routes", {"origin": origin, "to": url})
        except ControlError as error:
            raise RouteError(str(error)) from None

    def _moment(self) -> int | None:
        """The account's time, which stands still while an endpoint is notified, unless the clock runs."""
        try:
            return to_ms(datetime.fromisoformat(self._client.get(f"{self._path}/clock")["now"]))
        except UsageError:
            # The account or its server is gone; what was on its way is answered all the same.
            return None

    def close(self) -> None:
        """Stop serving what runs in this process."""
        for each in self._served:
            each.close()
        self._served.clear()
