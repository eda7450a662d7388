"""mirror: a small application that keeps a copy of Copper's people in a database of its own.

Copper's webhooks notify it of the people that changed. It notes their ids and answers; `flask work`, run by a job
scheduler, fetches each one and stores its name, email and tags. Copper sends each notification only once, so any that
mirror misses while it is down are lost for good. That is what `flask reconcile` is for, run every few minutes: it
searches Copper for everything modified since the last time, page by page, and checks whether the people it knows are
still there.

What makes the two correct together:

- both store whole records as fetched, so that the order in which they run does not matter;
- the next run begins a little before the last one's newest record: searches see new records some seconds late, and two
  records may be modified in the same second;
- a run repeats its search until one finds nothing new: a person modified between two pages moves to the end, everyone
  behind moves one place forward, and the next page misses one of them;
- a person that cannot be found is gone, whatever the notification said;
- if Copper accepts no more calls (429), a job ends; what it has not done is still noted for its next run.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence

import click
from copper_client import PAGE, Busy, Client
from flask import Blueprint, Flask, Response, current_app, jsonify, request
from people import People

OVERLAP = 60
"""Seconds before the newest record of the last run at which the next run begins."""

hooks = Blueprint("hooks", __name__)


@hooks.post("/hooks/copper")
def hook() -> Response:
    """Note the people in a notification and answer at once: fetching thirty people takes longer than Copper waits."""
    notification = request.get_json(silent=True)
    if not isinstance(notification, dict):
        return Response("not a notification", status=400)
    secret: str = current_app.config["COPPER_SECRET"]
    if not hmac.compare_digest(str(notification.get("key", "")).encode(), secret.encode()):
        return Response("wrong secret", status=401)
    people: People = current_app.extensions["people"]
    people.note(notification["ids"])
    return Response(status=204)


@hooks.get("/people")
def show() -> Response:
    """The copy: name, email and tags by id."""
    people: People = current_app.extensions["people"]
    return jsonify(people.all())


def create_app(people: People, client: Client, *, target: str, secret: str) -> Flask:
    """The application, subscribed to the events of people. Copper reaches it at `target` and sends `secret`."""
    app = Flask("mirror")
    app.config["COPPER_SECRET"] = secret
    app.extensions["people"] = people
    app.register_blueprint(hooks)
    for job in (work, reconcile):
        app.cli.add_command(command(job, people, client))
    client.subscribe(target, secret)
    return app


def from_environment() -> Flask:
    """For `flask --app "mirror:from_environment()" run`, `work` and `reconcile`."""
    app = Flask("mirror")
    app.config.from_prefixed_env("MIRROR")
    config = app.config
    api_url = config.get("API_URL", "https://api.copper.com/developer_api/v1")
    client = Client(api_url, str(config["TOKEN"]), config["EMAIL"])
    people = People(config.get("DATABASE", "mirror.db"))
    return create_app(people, client, target=config["TARGET"], secret=str(config["SECRET"]))


def command(job: Callable[[People, Client], None], people: People, client: Client) -> click.Command:
    """A job as a `flask` command, to be run every few minutes, one at a time."""

    def run() -> None:
        try:
            job(people, client)
        except Busy:
            raise click.ClickException(
                "Copper takes no more calls for now; the rest is left for the next run"
            ) from None

    return click.Command(job.__name__, callback=run, help=job.__doc__)


def work(people: People, client: Client) -> None:
    """Fetch the people that notifications have named."""
    for person_id, serial in people.noted():
        look_after(person_id, people, client)
        people.done(person_id, serial)


def look_after(person_id: int, people: People, client: Client) -> None:
    """Store a person as it is in Copper now, or forget it."""
    person = client.person(person_id)
    if person is None:
        people.forget(person_id)
    else:
        people.keep(person)


def reconcile(people: People, client: Client) -> None:
    """Repair what lost notifications have left wrong."""
    since = people.seen_until()
    seen: dict[int, int] = {}
    news = True
    while news:
        news = False
        for person in client.search(minimum_modified_date=max(since - OVERLAP, 0)):
            if seen.get(person["id"]) != person["date_modified"]:
                people.keep(person)
                seen[person["id"]] = person["date_modified"]
                news = True
    for page in pages(people.ids()):
        still_there = {person["id"] for person in client.search(ids=page)}
        for person_id in page:
            # Searches may be late in both directions, so people not found are fetched by id.
            if person_id not in still_there:
                look_after(person_id, people, client)
    people.saw(max(seen.values(), default=since))


def pages(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in groups of as many as one search can look for."""
    return (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))
