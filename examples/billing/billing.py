"""billing: a small application that has to know the people in Copper, because it sends invoices to them.

Copper's webhooks notify it of what happens to a person. A notification holds ids and never the records, so billing
keeps in SQLite which people it has to fetch through Copper's API, and which are gone. It shows what a correct endpoint
does:

- it checks the secret, which alone distinguishes a real notification from a forged one (401);
- it processes all ids of a notification, up to 30;
- it goes by `timestamp`, because notifications come late and out of order: the latest wins, and gone is gone;
- it accepts the same notification twice, and notifications of people it has never heard of;
- it answers 2xx as soon as it has stored the ids: Copper sends each notification only once.

Run it with `python billing.py --port 5000 --secret s3cret`.
"""

from __future__ import annotations

import argparse
import hmac
import logging
import sqlite3
from typing import Any

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

_TABLE = """
CREATE TABLE IF NOT EXISTS person (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('to fetch', 'gone')),
    told_at TEXT NOT NULL
)
"""

# One statement, so that two equal notifications at the same moment cannot both insert. ISO timestamps in UTC compare
# as text. A person that is gone stays gone: Copper never reuses an id.
_TOLD = """
INSERT INTO person (id, state, told_at) VALUES (:id, :state, :told_at)
ON CONFLICT (id) DO UPDATE SET state = :state, told_at = :told_at
WHERE person.state != 'gone' AND (:state = 'gone' OR person.told_at < :told_at)
"""


class People:
    """What billing knows about Copper's people."""

    def __init__(self, path: str) -> None:
        # The web server may answer from any of its threads; each notification is one transaction.
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.execute(_TABLE)

    def told(self, ids: list[int], event: str, told_at: str) -> None:
        """Record a notification that something happened to these people."""
        state = "gone" if event == "delete" else "to fetch"
        with self._db:
            self._db.executemany(_TOLD, [{"id": id, "state": state, "told_at": told_at} for id in ids])

    def to_fetch(self) -> list[int]:
        """The ids of the people to fetch again."""
        return self._ids("to fetch")

    def gone(self) -> list[int]:
        """The ids of the people no longer in Copper."""
        return self._ids("gone")

    def _ids(self, state: str) -> list[int]:
        found = self._db.execute("SELECT id FROM person WHERE state = ? ORDER BY id", (state,))
        return [id for (id,) in found]

    def close(self) -> None:
        self._db.close()


def create_app(secret: str, database: str = ":memory:") -> Flask:
    """The application. `secret` is the value that the subscriptions were given as `{"key": secret}`."""
    app = Flask("billing")
    people = People(database)
    app.extensions["people"] = people

    @app.post("/hooks/copper")
    def hook() -> Response:
        notification = request.get_json(silent=True)
        if not isinstance(notification, dict):
            return Response("not a notification", status=400)
        if not hmac.compare_digest(str(notification.get("key", "")).encode(), secret.encode()):
            return Response("wrong secret", status=401)
        if notification.get("type") == "person":
            people.told(notification["ids"], notification["event"], notification["timestamp"])
        current_app.logger.info("told: %s", _words(notification))
        return Response(status=204)

    @app.get("/people")
    def show() -> Response:
        return jsonify(to_fetch=people.to_fetch(), gone=people.gone())

    return app


def _words(notification: dict[str, Any]) -> str:
    ids = notification["ids"]
    changed = ", ".join(f"{name} {old!r} -> {new!r}" for name, (old, new) in _changes(notification).items())
    whom = f"ids {ids}" if len(ids) <= 3 else f"{len(ids)} ids"
    return f"{notification['type']}/{notification['event']}, {whom}" + (f", {changed}" if changed else "")


def _changes(notification: dict[str, Any]) -> dict[str, Any]:
    # For `new` and `delete` it is empty or missing; custom fields are one level deeper.
    changes = notification.get("updated_attributes", {})
    return {name: pair for name, pair in changes.items() if name != "custom_fields"}


class _NoAccessLog(WSGIRequestHandler):
    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Log nothing: the application itself says what it received."""


def main() -> None:
    """Serve on this machine only."""
    parser = argparse.ArgumentParser(description="The sample application.")
    parser.add_argument("--port", type=int, default=5000, help="0 for any free port")
    parser.add_argument("--secret", default="s3cret")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    app = create_app(options.secret)
    server = make_server("127.0.0.1", options.port, app, request_handler=_NoAccessLog)
    print(f"billing listens on http://127.0.0.1:{server.server_port}/hooks/copper", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
