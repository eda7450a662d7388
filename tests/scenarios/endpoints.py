"""The endpoints that scenarios are proved on: the right one is the sample application, each wrong one has one flaw.

Every flaw is one that integrators of Copper's webhooks really have had or are likely to have.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import IntegrityError
from threading import Thread
from types import ModuleType
from typing import Any, TypeAlias

from flask import Flask, Response, request
from werkzeug.serving import make_server

ROOT = Path(__file__).parent.parent.parent
SECRET = "s3cret"
ORIGIN = "https://billing.example.com"
TARGET = f"{ORIGIN}/hooks/copper"

Notification: TypeAlias = dict[str, Any]


def sample() -> ModuleType:
    """The sample application's module, which is no package of ours."""
    spec = importlib.util.spec_from_file_location("billing_sample", ROOT / "examples" / "billing" / "billing.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("examples/billing/billing.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """An application behind a real socket: the URL of its hook."""
    server = make_server("127.0.0.1", 0, app)
    # It looks that often, in seconds, whether it shall end.
    thread = Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/hooks/copper"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def right() -> Iterator[Flask]:
    """The sample application."""
    app: Flask = sample().create_app(SECRET)
    try:
        yield app
    finally:
        app.extensions["people"].close()


def _app(handle: Callable[[Notification], int], *, checks_secret: bool = True) -> Flask:
    """An endpoint at the usual place; `handle` gives the status, and what it raises becomes Flask's 500."""
    app = Flask("flawed")

    @app.post("/hooks/copper")
    def hook() -> Response:
        notification = request.get_json()
        if checks_secret and notification.get("key") != SECRET:
            return Response(status=401)
        return Response(status=handle(notification))

    return app


def takes_it_for_the_record() -> Flask:
    """Copies the name out of what changed: `updated_attributes` is `{}` when a person is new."""
    names: dict[int, str] = {}

    def handle(notification: Notification) -> int:
        names[notification["ids"][0]] = notification["updated_attributes"]["name"][1]
        return 200

    return _app(handle)


def wants_one_id() -> Flask:
    """Unpacks the list of ids as if there were always one."""

    def handle(notification: Notification) -> int:
        (only,) = notification["ids"]
        return 200 if only else 400

    return _app(handle)


def slows_down_callers() -> Flask:
    """Answers 429 to whoever calls more than 500 times within the time that its own limiter looks at."""
    calls = 0

    def handle(_: Notification) -> int:
        nonlocal calls
        calls += 1
        return 429 if calls > 500 else 200

    return _app(handle)


def fills_its_queue() -> Flask:
    """Hands everything to workers that come by once in a while, and answers 503 when 1,000 jobs wait."""
    jobs: list[Notification] = []

    def handle(notification: Notification) -> int:
        if len(jobs) == 1000:
            return 503
        jobs.append(notification)
        return 202

    return _app(handle)


def wants_order() -> Flask:
    """Insists that time moves forward."""
    seen = [""]

    def handle(notification: Notification) -> int:
        if notification["timestamp"] < seen[-1]:
            raise ValueError("older than the last one")
        seen.append(notification["timestamp"])
        return 200

    return _app(handle)


def deletes_only_what_it_knows() -> Flask:
    """Missed that somebody was made, and fails when they are deleted."""
    people: dict[int, str] = {}

    def handle(notification: Notification) -> int:
        for person in notification["ids"]:
            if notification["event"] == "new":
                people[person] = "to fetch"
            if notification["event"] == "delete":
                del people[person]
        return 200

    return _app(handle)


def updates_only_what_it_knows() -> Flask:
    """Fails on an update of somebody it was never told the making of."""
    people: set[int] = set()

    def handle(notification: Notification) -> int:
        if notification["event"] == "new":
            people.update(notification["ids"])
        elif not people.issuperset(notification["ids"]):
            raise LookupError("no such person")
        return 200

    return _app(handle)


def does_not_look_at_the_secret() -> Flask:
    return _app(lambda _: 200, checks_secret=False)


def knows_one_subscription() -> Flask:
    """Takes the subscription it was first told by for the only one there is."""
    known: list[int] = []

    def handle(notification: Notification) -> int:
        known.append(notification["subscription_id"])
        if known[0] != notification["subscription_id"]:
            raise LookupError("unknown subscription")
        return 200

    return _app(handle)


def bills_whoever_it_knows() -> Flask:
    """Has an invoice for everybody, and a database that keeps people whom an invoice refers to."""
    invoices: list[int] = []

    def handle(notification: Notification) -> int:
        if notification["event"] == "new":
            invoices.extend(notification["ids"])
        if notification["event"] == "delete" and not set(notification["ids"]).isdisjoint(invoices):
            raise IntegrityError("an invoice refers to this person")
        return 200

    return _app(handle)


def looks_where_a_lead_went() -> Flask:
    """Takes the end of a lead for a conversion, and the notification for what says into whom."""
    customers: dict[int, int] = {}

    def handle(notification: Notification) -> int:
        if notification["type"] == "lead":
            customers[notification["ids"][0]] = notification["updated_attributes"]["converted_contact_id"][1]
        return 200

    return _app(handle)


def takes_work_from_its_old_owner() -> Flask:
    """Counts what each owner has, and knows owners only."""
    work = {1: 40, 2: 0}

    def handle(notification: Notification) -> int:
        old, new = notification["updated_attributes"]["assignee_id"]
        work[old] -= len(notification["ids"])
        work[new] += len(notification["ids"])
        return 200

    return _app(handle)


def reads_one_change() -> Flask:
    """Takes an update for the change of one field."""
    history: list[tuple[str, Any, Any]] = []

    def handle(notification: Notification) -> int:
        ((field, (old, new)),) = notification["updated_attributes"].items()
        history.append((field, old, new))
        return 200

    return _app(handle)
