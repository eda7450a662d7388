"""billing's own tests: the `copper` fixture of copper-emulator plays Copper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from billing import People, create_app
from flask import Flask

from copper_emulator import Copper

SECRET = "s3cret"
TARGET = "https://billing.example.com/hooks/copper"


@pytest.fixture
def app() -> Iterator[Flask]:
    app = create_app(SECRET)
    yield app
    app.extensions["people"].close()


@pytest.fixture
def people(app: Flask, copper: Copper) -> People:
    """What billing knows, once it is subscribed to all events of people."""
    copper.route("https://billing.example.com", to=app.wsgi_app)
    for event in ("new", "update", "delete"):
        copper.subscribe("person", event, target=TARGET, secret={"key": SECRET})
    known: People = app.extensions["people"]
    return known


def test_a_new_person_is_fetched(copper: Copper, people: People) -> None:
    ada = copper.people.create(name="Ada")

    copper.expect("person", "new", ids=ada.id)
    assert people.to_fetch() == [ada.id]


def test_a_renamed_person_is_fetched_anew(copper: Copper, people: People) -> None:
    ada = copper.people.create(name="Ada")

    copper.people.update(ada.id, name="Ada Lovelace")

    copper.expect("person", "update", ids=ada.id, updated_attributes={"name": ("Ada", "Ada Lovelace")})
    assert people.to_fetch() == [ada.id]


def test_everyone_in_a_bulk_change_is_seen(copper: Copper, people: People) -> None:
    """Copper sends 61 people as 30, 30 and 1."""
    imported = copper.people.create_many({"name": f"Person {n}"} for n in range(61))

    copper.expect("person", "new", ids=[person.id for person in imported], count=3)
    assert len(people.to_fetch()) == 61


def test_a_deleted_person_stays_gone_whatever_comes_late(copper: Copper, people: People) -> None:
    ada = copper.people.create(name="Ada")
    late = copper.deliveries[0].request_body.decode()
    copper.people.delete(ada.id)

    copper.replay(late, target=TARGET)

    assert people.to_fetch() == []
    assert people.gone() == [ada.id]


def test_the_same_news_twice_is_no_trouble(copper: Copper, people: People) -> None:
    """Two subscriptions to one topic both fire."""
    copper.subscribe("person", "new", target=TARGET, secret={"key": SECRET})

    ada = copper.people.create(name="Ada")

    copper.expect("person", "new", ids=ada.id, count=2)
    assert people.to_fetch() == [ada.id]


def test_a_forged_notification_is_refused(copper: Copper, people: People) -> None:
    copper.subscribe("person", "new", target=TARGET, secret={"key": "guessed"})

    ada = copper.people.create(name="Ada")

    copper.expect("person", "new", ids=ada.id, body={"key": "guessed"}, status=401)
    copper.expect("person", "new", ids=ada.id, body={"key": SECRET})


def test_no_copper_means_no_news(copper: Copper, people: People) -> None:
    """A company causes no notification, because billing has not subscribed to companies."""
    copper.companies.create(name="Analytical Engines")

    copper.expect_none()
    assert people.to_fetch() == []


@pytest.mark.copper(latency="0-15m", seed=42)
def test_news_that_comes_late_comes_all_the_same(copper: Copper, people: People) -> None:
    ada = copper.people.create(name="Ada")
    copper.people.update(ada.id, name="Ada Lovelace")
    copper.expect_none()

    copper.advance(timedelta(minutes=15))

    copper.expect("person", "new", ids=ada.id)
    copper.expect("person", "update", ids=ada.id)
    assert people.to_fetch() == [ada.id]


@pytest.mark.parametrize(
    "scenario", ["batch_of_61", "endpoint_down", "key_switch_stale_subscriptions", "wrong_secret_refused"]
)
def test_scenarios_that_come_with_the_emulator(copper: Copper, app: Flask, scenario: str) -> None:
    copper.route("https://billing.example.com", to=app.wsgi_app)

    copper.play(scenario)
