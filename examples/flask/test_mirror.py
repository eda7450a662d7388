"""mirror's own tests: what notifications bring, what they miss, and that one run of `reconcile` repairs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from copper_client import Busy, Client
from flask import Flask
from mirror import create_app, reconcile, work
from people import People

from copper_emulator import Copper, Received

ORIGIN = "https://mirror.example.com"
TARGET = f"{ORIGIN}/hooks/copper"


@pytest.fixture
def people() -> Iterator[People]:
    copy = People(":memory:")
    yield copy
    copy.close()


@pytest.fixture
def client(copper: Copper) -> Iterator[Client]:
    client = Client(copper.api_url, copper.token, copper.email)
    yield client
    client.close()


@pytest.fixture
def mirror(copper: Copper, people: People, client: Client) -> Flask:
    """mirror runs, and so does `flask work` after each notification."""
    app = create_app(people, client, target=TARGET, secret="s3cret")
    copper.route(ORIGIN, to=app)
    copper.after_delivery(lambda delivery: app.test_cli_runner().invoke(args=["work"]))
    return app


@pytest.fixture
def outage(copper: Copper, mirror: Flask) -> Callable[[str], None]:
    """`outage("begins")` takes mirror down: each notification is answered with 503 and never sent again."""

    def down(_: Received) -> int:
        return 503

    def state(said: str) -> None:
        copper.route(ORIGIN, to=down if said == "begins" else mirror)

    return state


def copy_of(copper: Copper) -> dict[int, tuple[str, str | None, list[str]]]:
    """What a correct copy of Copper's people would be."""
    return {
        person.id: (person.name, person.emails[0]["email"] if person.emails else None, person.tags)
        for person in sorted(copper.people.search(), key=lambda person: person.id)
    }


@pytest.mark.usefixtures("mirror")
def test_notifications_keep_the_copy_right(copper: Copper, people: People) -> None:
    ada = copper.people.create(name="Ada", emails=[{"email": "ada@example.com", "category": "work"}])
    bob = copper.people.create(name="Bob")
    copper.people.update(ada.id, name="Ada Lovelace", tags=["vip"])
    copper.people.delete(bob.id)

    assert people.all() == {ada.id: ("Ada Lovelace", "ada@example.com", ["vip"])}


def test_it_subscribes_itself_once(copper: Copper, people: People, client: Client, mirror: Flask) -> None:
    create_app(people, client, target=TARGET, secret="s3cret")

    subscribed = [(each.type, each.event, each.target) for each in copper.subscriptions]
    assert subscribed == [("person", event, TARGET) for event in ("new", "update", "delete")]


def test_it_answers_before_it_fetches(copper: Copper, people: People, client: Client) -> None:
    copper.route(ORIGIN, to=create_app(people, client, target=TARGET, secret="s3cret"))

    ada = copper.people.create(name="Ada")

    copper.expect("person", "new", ids=ada, status=204)
    assert people.all() == {}
    work(people, client)
    assert people.all() == copy_of(copper)


@pytest.mark.copper(latency="0-15m", faults="shuffle", seed=7)
@pytest.mark.usefixtures("mirror")
def test_late_and_out_of_order_comes_to_the_same(copper: Copper, people: People) -> None:
    ada = copper.people.create(name="Ada")
    for name in ("Ada B.", "Ada L.", "Ada Lovelace"):
        copper.people.update(ada.id, name=name)
    bob = copper.people.create(name="Bob")
    copper.people.delete(bob.id)

    copper.run_until_idle()

    told = [(delivery.event, delivery.ids) for delivery in copper.deliveries]
    assert told[0] == ("update", (ada.id,)), "with this seed she is told of as changed before she is told of as new"
    assert people.all() == copy_of(copper)


@pytest.mark.usefixtures("mirror")
def test_a_burst_of_thirty_is_one_notification(copper: Copper, people: People) -> None:
    imported = copper.people.create_many([{"name": f"Person {n}"} for n in range(30)])

    copper.expect("person", "new", ids=imported, count=1)
    assert len(people.all()) == 30


def test_a_forged_notification_changes_nothing(copper: Copper, people: People, mirror: Flask) -> None:
    forged = {"type": "person", "event": "new", "ids": [17], "key": "guessed"}

    delivery = copper.replay(forged, target=TARGET)

    assert delivery.status == 401
    assert people.noted() == []
    copper.expect("person", "new", ids=17, status=401)


@pytest.mark.copper(api_limits="10/1m", allow={503})
def test_what_copper_is_too_busy_for_is_fetched_by_the_next_runs(
    copper: Copper, people: People, client: Client, mirror: Flask
) -> None:
    copper.people.create_many([{"name": f"Person {n}"} for n in range(20)])
    with pytest.raises(Busy):
        work(people, client)
    assert 0 < len(people.all()) < 10

    while people.noted():
        copper.advance(minutes=1)
        mirror.test_cli_runner().invoke(args=["work"])

    assert people.all() == copy_of(copper)


@pytest.mark.usefixtures("mirror")
def test_a_bulk_change_is_fetched_whole(copper: Copper, people: People) -> None:
    imported = copper.people.create_many([{"name": f"Person {n}"} for n in range(61)])

    copper.people.update_many([person.id for person in imported], tags=["imported"])

    assert people.all() == copy_of(copper)


@pytest.mark.copper(allow={503})
@pytest.mark.usefixtures("mirror")
def test_one_run_repairs_what_an_outage_has_lost(
    copper: Copper, people: People, client: Client, outage: Callable[[str], None]
) -> None:
    """Created, changed, merged and deleted while mirror was down, more than a page of them."""
    ada, bob, eve = copper.people.create_many([{"name": "Ada"}, {"name": "Bob"}, {"name": "Eve"}])
    outage("begins")
    copper.people.create_many([{"name": f"Person {n}"} for n in range(450)])
    copper.advance(hours=1)
    copper.people.update(ada.id, name="Ada Lovelace")
    copper.people.merge(winner=ada.id, loser=bob.id)
    copper.people.delete(eve.id)
    outage("ends")
    assert len(people.all()) == 3

    reconcile(people, client)

    assert len(people.all()) == 451
    assert people.all() == copy_of(copper)


@pytest.mark.copper(allow={503})
@pytest.mark.usefixtures("mirror")
def test_later_runs_ask_only_for_what_is_new(
    copper: Copper, people: People, client: Client, outage: Callable[[str], None]
) -> None:
    copper.people.create(name="Ada")
    reconcile(people, client)
    copper.advance(hours=1)
    outage("begins")
    bob = copper.people.create(name="Bob")
    outage("ends")

    asked = [person["id"] for person in client.search(minimum_modified_date=people.seen_until() + 1)]
    reconcile(people, client)

    assert asked == [bob.id]
    assert people.all() == copy_of(copper)


class Meddling(Client):
    """A client that changes a person in Copper after each page it reads."""

    copper: Copper
    changed: list[int]

    def page(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        found = super().page(body)
        if "minimum_modified_date" in body and self.changed:
            self.copper.advance(seconds=1)
            self.copper.people.update(self.changed.pop(), title="changed meanwhile")
        return found


@pytest.mark.usefixtures("mirror")
@pytest.mark.copper(allow={503})
def test_a_change_between_two_pages_hides_nobody(copper: Copper, people: People, outage: Callable[[str], None]) -> None:
    """Three pages, and after each a person from the first is modified and moves to the end."""
    outage("begins")
    there = []
    for size in (250, 50, 50, 50, 50):
        there += copper.people.create_many([{"name": f"Person {n}"} for n in range(size)])
        copper.advance(hours=1)
    meddling = Meddling(copper.api_url, copper.token, copper.email)
    meddling.copper, meddling.changed = copper, [person.id for person in there[:2]]

    reconcile(people, meddling)

    meddling.close()
    assert people.all() == copy_of(copper)
    assert len(people.all()) == 450


@pytest.mark.copper(search_lag="30s", allow={503})
@pytest.mark.usefixtures("mirror")
def test_a_record_that_searches_see_late_is_found_by_the_next_run(
    copper: Copper, people: People, client: Client, outage: Callable[[str], None]
) -> None:
    """Bob was modified before the newest record that the first run saw, but became visible only after that run."""
    ada = copper.people.create(name="Ada")
    copper.advance(minutes=1)
    outage("begins")
    copper.people.create(name="Bob")
    copper.advance(seconds=10)
    copper.people.update(ada.id, name="Ada Lovelace")
    outage("ends")
    reconcile(people, client)
    assert [name for name, _, _ in people.all().values()] == ["Ada Lovelace"]

    copper.advance(minutes=1)
    reconcile(people, client)

    assert people.all() == copy_of(copper)


@pytest.mark.copper(search_lag="30s")
@pytest.mark.usefixtures("mirror")
def test_nobody_is_forgotten_because_a_search_is_late(copper: Copper, people: People, client: Client) -> None:
    ada = copper.people.create(name="Ada")

    reconcile(people, client)

    assert list(people.all()) == [ada.id]


@pytest.mark.copper(fetch_race="deleted")
@pytest.mark.usefixtures("mirror")
def test_a_person_deleted_before_it_is_fetched_is_gone(copper: Copper, people: People) -> None:
    copper.people.create(name="Ada")

    copper.expect("person", "new", count=1)
    copper.expect("person", "delete", count=1)
    assert people.all() == {}
