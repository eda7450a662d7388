"""An account of a running server, which the tests of the page prepare through the control API, as users do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

TARGET = "https://billing.example.com/hooks/copper"


@dataclass
class Emulator:
    """One account of a server."""

    url: str
    account: str

    @property
    def inbox(self) -> str:
        """The target of its built-in endpoint."""
        return f"https://inbox.example/{self.account}"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call an operation on the account; a refusal fails the test."""
        answer = requests.request(
            method, f"{self.url}/_emulator/v1/accounts/{self.account}{path}", json=body, timeout=60
        )
        assert answer.ok, answer.text
        return answer.json()

    def subscribe(self, type: str, event: str, target: str = "", **extras: Any) -> int:
        body = {"type": type, "event": event, "target": target or self.inbox, **extras}
        made: int = self.ask("POST", "/subscriptions", body)["id"]
        return made

    def route(self, to: str, origin: str = "https://billing.example.com") -> None:
        self.ask("POST", "/routes", {"origin": origin, "to": to})

    def create(self, type: str = "person", **fields: Any) -> int:
        answer = self.ask("POST", f"/records/{type}/create", {"count": 1, "fields": fields})
        made: int = answer["records"][0]["id"]
        return made

    def update(self, record: int, type: str = "person", **fields: Any) -> None:
        self.ask("POST", f"/records/{type}/update", {"ids": [record], "fields": fields})

    def fire(self, *ids: int, type: str = "person", event: str = "new", **attributes: Any) -> None:
        body = {"type": type, "event": event, "ids": list(ids or [17]), "updated_attributes": attributes}
        self.ask("POST", "/fire", body)

    def wait(self, *ids: int, **said: Any) -> None:
        """Until these have ended so, delivered by default: while time runs, `fire` waits for no slow endpoint."""
        self.ask("POST", "/wait", {"ids": list(ids), "timeout": "10s", **said})

    def advance(self, by: str) -> None:
        self.ask("POST", "/clock/advance", {"by": by})

    def faults(self, *on: str) -> None:
        self.ask("POST", "/faults", {"on": list(on)})

    def notifications(self, **filters: Any) -> list[dict[str, Any]]:
        """The notifications, newest first."""
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        found: list[dict[str, Any]] = self.ask("GET", f"/notifications?{query}")["notifications"]
        return found


def open_account(url: str, name: str, **settings: Any) -> Emulator:
    """Create an account on a server."""
    body: dict[str, Any] = {"name": name, **({"settings": settings} if settings else {})}
    answer = requests.post(f"{url}/_emulator/v1/accounts", json=body, timeout=60)
    assert answer.status_code == 201, answer.text
    return Emulator(url, name)
