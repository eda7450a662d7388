"""A recording can be played, and then the same happens again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copper_emulator import Copper, Emulator
from copper_emulator.core.model import Change, EntityType, Event, Topic
from copper_emulator.core.records.record import COLLECTIONS
from copper_emulator.core.topics import Profile, exists
from copper_emulator.durations import parse_duration
from copper_emulator.scenarios import parse
from copper_emulator.shell.recording.recorder import Recorder
from pytest_copper.strategies import changes, fields
from tests.shell.served import Endpoint, listening, serving

TARGET = "https://endpoint.example/hook"
START = datetime(2026, 11, 2, 9, tzinfo=UTC)

TYPES = {kind: kind for kind in map(str, EntityType) if kind != "activity_log"}


def taken(_: object) -> int:
    return 200


def recorder_of(copper: Copper) -> Recorder:
    return Recorder(copper._here)


def text_of(recorder: Recorder) -> str:
    recorder.stop()
    text = recorder.text()
    assert text is not None
    return text


def steps_of(recorder: Recorder) -> list[dict[str, Any]]:
    """The steps as written in the file, which must be a valid scenario."""
    text = text_of(recorder)
    parse(text, "recorded.yaml")
    steps: list[dict[str, Any]] = yaml.safe_load(text)["steps"]
    return steps


def played(copper: Copper, text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "recorded.yaml")
        file.write_text(text, encoding="utf-8")
        copper.play(file)


# --- a session drawn at random --------------------------------------------------------------------------------------


class Session:
    """A user's session: each action that is drawn is done, as far as it is possible."""

    def __init__(self, copper: Copper) -> None:
        self.copper = copper

    def ids(self, kind: str) -> list[int]:
        return list(self.copper._tenant.account.records.of(EntityType(kind)))

    def records(self, kind: str) -> Any:
        return getattr(self.copper, COLLECTIONS[EntityType(kind)])

    def create(self, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(sorted(TYPES)))
        rows = data.draw(st.lists(fields(kind, unique=False), min_size=1, max_size=3))
        self.records(kind).create_many(rows)

    def update(self, data: st.DataObject) -> None:
        for kind in data.draw(st.permutations(sorted(TYPES))):
            if ids := self.ids(kind):
                some = data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True))
                self.records(kind).update_many(some, **data.draw(changes(kind, unique=False)))
                return

    def delete(self, data: st.DataObject) -> None:
        for kind in data.draw(st.permutations(sorted(TYPES))):
            if ids := self.ids(kind):
                self.records(kind).delete_many(data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=2)))
                return

    def merge(self, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(["person", "company"]))
        ids = self.ids(kind)
        if len(ids) > 1:
            self.records(kind).merge(*data.draw(st.lists(st.sampled_from(ids), min_size=2, max_size=2, unique=True)))

    def convert(self, data: st.DataObject) -> None:
        if ids := self.ids("lead"):
            parts: dict[str, Any] = data.draw(st.sampled_from([{}, {"opportunity": {"name": "Engine"}}]))
            self.copper.leads.convert(data.draw(st.sampled_from(ids)), **parts)

    def belong(self, data: st.DataObject) -> None:
        """Create an opportunity for existing people and companies."""
        people, companies = self.ids("person"), self.ids("company")
        if people and companies:
            self.copper.opportunities.create(
                name="Order",
                primary_contact_id=data.draw(st.sampled_from(people)),
                company_id=data.draw(st.sampled_from(companies)),
            )

    def seed(self, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(sorted(TYPES)))
        self.records(kind).seed(data.draw(st.lists(fields(kind, unique=False), min_size=1, max_size=2)))

    def fire(self, data: st.DataObject) -> None:
        known = self.ids("person")
        ids = data.draw(st.sampled_from([[17, 18], known[:2] or [17]]))
        self.copper.fire("person", "update", ids=ids, updated_attributes={"name": ("Ada", "Grace")})

    def pass_time(self, data: st.DataObject) -> None:
        self.copper.advance(timedelta(milliseconds=data.draw(st.integers(1, 200_000))))

    def subscribe(self, data: st.DataObject) -> None:
        kind = data.draw(st.sampled_from(sorted(TYPES)))
        self.copper.subscribe(kind, data.draw(st.sampled_from([*Event])), target=f"{TARGET}/{kind}")

    def unsubscribe(self, data: st.DataObject) -> None:
        self.copper.unsubscribe(data.draw(st.sampled_from([each.id for each in self.copper.subscriptions])))

    def fault(self, data: st.DataObject) -> None:
        self.copper.faults.on(data.draw(st.sampled_from(["refuse=2", "batches=1", "slow=2s", "hang=1"])))

    def faults_off(self, data: st.DataObject) -> None:
        self.copper.faults.off()


ACTS: Sequence[Callable[[Session, st.DataObject], None]] = (
    Session.create,
    Session.create,
    Session.update,
    Session.update,
    Session.delete,
    Session.merge,
    Session.convert,
    Session.belong,
    Session.seed,
    Session.fire,
    Session.pass_time,
    Session.subscribe,
    Session.unsubscribe,
    Session.fault,
    Session.faults_off,
)


def subscribed_to_all(copper: Copper) -> None:
    copper.route(TARGET, to=taken)
    for kind in EntityType:
        for event in Event:
            if exists(Topic(kind, event), Profile.SUPPORT_PAGE):
                copper.subscribe(kind, event, target=TARGET)


def told(copper: Copper, first: int) -> list[Any]:
    """Changes and their notifications from `first` on, with records named in the order in which they appear."""
    names: dict[tuple[str, int], int] = {}
    happened: list[Any] = []
    for change in copper.changes[first:]:
        happened.append((str(change.topic), _named(names, change), _attributes(change)))
        made = [each for each in copper.notifications if each.change is change]
        happened += [(str(each.state), [names[change.type, record_id] for record_id in each.ids]) for each in made]
    return happened


def _named(names: dict[tuple[str, int], int], change: Change) -> list[int]:
    return [names.setdefault((change.type, record_id), len(names)) for record_id in change.ids]


REFERENCES = ("company_id", "primary_contact_id", "leads_converted_from", "converted_contact_id")


def _attributes(change: Change) -> dict[str, Any]:
    """Without ids, which differ in another account."""
    return {name: value for name, value in change.updated_attributes.items() if name not in REFERENCES}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_what_was_recorded_happens_again_when_it_is_played(data: st.DataObject) -> None:
    with Emulator(start=START, strict=False) as copper:
        subscribed_to_all(copper)
        session = Session(copper)
        for act in data.draw(st.lists(st.sampled_from(ACTS), max_size=5)):
            act(session, data)
        copper.faults.off()
        copper.run_until_idle()
        recorder = recorder_of(copper)
        first, began = len(copper.changes), copper.now
        recorder.start()
        for act in data.draw(st.lists(st.sampled_from(ACTS), min_size=1, max_size=8)):
            act(session, data)
        recorder.stop()
        text, expected = recorder.text(), told(copper, first)
    if text is None:
        assert expected == []
        return
    with Emulator(start=began, strict=False) as again:
        again.route(TARGET, to=taken)
        played(again, text)

        assert told(again, 0) == expected, text


# --- what stands in the file ----------------------------------------------------------------------------------------


def recorded(copper: Copper) -> Recorder:
    recorder = recorder_of(copper)
    recorder.start()
    return recorder


def test_a_record_from_before_is_seeded_as_it_was_with_what_it_refers_to() -> None:
    with Emulator() as copper:
        acme = copper.companies.create(name="Acme")
        ada = copper.people.create(name="Ada", title="Dr")
        copper.opportunities.create(name="Order", primary_contact_id=ada.id, company_id=acme.id)
        order = copper.opportunities.search(name="Order")[0]
        recorder = recorded(copper)
        copper.opportunities.update(order.id, monetary_value=5)

        seeded = {step["seed"]["as"]: step["seed"]["rows"][0] for step in steps_of(recorder) if "seed" in step}

    assert set(seeded) == {"opportunity_1", "company_1", "person_1"}
    assert (seeded["person_1"]["title"], seeded["opportunity_1"]["company_id"]) == ("Dr", acme.id)
    assert "monetary_value" not in seeded["opportunity_1"], "as it was, not as it is"


def test_fields_name_the_records_they_lead_to() -> None:
    with Emulator() as copper:
        recorder = recorded(copper)
        ada = copper.people.create(name="Ada")
        copper.opportunities.create(name="Order", primary_contact_id=ada.id)
        copper.tasks.create(name="Call", related_resource={"id": ada.id, "type": "person"})

        steps = steps_of(recorder)

    assert steps[1]["create"]["fields"]["primary_contact_id"] == {"record": "person_1"}
    assert steps[2]["create"]["fields"]["related_resource"]["id"] == {"record": "person_1"}


@pytest.mark.asyncio
async def test_what_was_sent_at_once_leaves_no_trailing_step_behind_however_long_it_took() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint, clock="wall") as served:
        await served.control("POST", "/accounts/default/recording/start", {})
        await served.subscribe("person", "new")
        await served.control("POST", "/accounts/default/records/person/create", {"fields": {"name": "Ada"}})
        _, shown = await served.control("POST", "/accounts/default/recording/stop", {})

    assert "advance" not in shown["scenario"]
    assert len(endpoint.bodies) == 1


def test_a_merge_and_a_conversion_are_one_step_each() -> None:
    with Emulator() as copper:
        recorder = recorded(copper)
        ada, twin = copper.people.create_many([{"name": "Ada"}, {"name": "Ada L."}])
        copper.people.merge(ada, twin)
        lead = copper.leads.create(name="Lead")
        converted = copper.leads.convert(lead, company={"name": "Acme"}, opportunity={"name": "Order"})
        copper.people.update(converted.person.id, title="Dr")

        steps = steps_of(recorder)

    assert steps[0]["create"] == {"type": "person", "as": "person_1", "rows": [{"name": "Ada"}, {"name": "Ada L."}]}
    assert steps[1] == {"merge": {"winner": "person_1.1", "loser": "person_1.2"}}
    assert steps[3]["convert"] == {
        "lead": "lead_1",
        "as": {"person": "person_2", "company": "company_1", "opportunity": "opportunity_1"},
        "company": {"name": "Acme"},
        "opportunity": {"name": "Order"},
    }
    assert steps[4]["update"]["records"] == "person_2"


def test_many_alike_are_a_count() -> None:
    with Emulator() as copper:
        recorder = recorded(copper)
        copper.people.create_many([{"name": f"Guest {n}", "title": "Dr"} for n in range(1, 62)])

        steps = steps_of(recorder)

    assert steps[0]["create"]["count"] == 61
    assert steps[0]["create"]["fields"] == {"name": "Guest {n}", "title": "Dr"}


def test_time_stands_before_the_steps_and_at_the_end_where_something_came_of_it() -> None:
    with Emulator(latency="30s") as copper:
        copper.route(TARGET, to=taken)
        copper.subscribe("person", "new", target=TARGET)
        recorder = recorded(copper)
        copper.people.create(name="Ada")
        copper.advance("10m")
        copper.people.create(name="Grace")
        copper.advance("1m")

        text = text_of(recorder)

    content = yaml.safe_load(text)
    assert content["settings"] == {"latency": "30s"}
    assert [step.get("at") for step in content["steps"]] == [None, "+10m", None]
    assert content["steps"][2] == {"advance": "30s"}
    assert content["description"] == "what was done, in 3 steps"


@pytest.mark.parametrize(
    ("fault", "outcomes", "took"),
    [
        ("hang=1", ["failed: timed out", "delivered"], "10s"),
        ("slow=9s", ["delivered", "delivered"], "18s"),
    ],
)
def test_time_that_an_answer_took_passes_again(fault: str, outcomes: list[str], took: str) -> None:
    """One notification at a time: the second one leaves when the first has been answered, or given up after 10 s."""
    with Emulator(start=START, strict=False, in_flight=1) as copper:
        copper.route(TARGET, to=taken)
        recorder = recorded(copper)
        copper.subscribe("person", "new", target=TARGET)
        copper.faults.on(fault)
        copper.people.create(name="Ada")
        copper.people.create(name="Bob")
        copper.run_until_idle()
        text, expected = text_of(recorder), ended(copper)
    with Emulator(start=START, strict=False, in_flight=1) as again:
        again.route(TARGET, to=taken)
        played(again, text)

        assert (ended(again), yaml.safe_load(text)["steps"][-1]) == (expected, {"advance": took})
    assert [how for how, _ in expected] == outcomes


def ended(copper: Copper) -> list[tuple[str, datetime]]:
    return [
        (f"{each.outcome}: {each.reason}" if each.reason else str(each.outcome), each.ended)
        for each in copper.deliveries
    ]


@pytest.mark.asyncio
async def test_time_that_a_fault_took_is_recorded_where_time_runs_as_well() -> None:
    async with listening(Endpoint()) as endpoint, serving(to=endpoint, clock="wall", timeout="1s") as served:
        await served.control("POST", "/accounts/default/recording/start", {})
        await served.subscribe("person", "new")
        await served.control("POST", "/accounts/default/faults", {"on": ["hang=1"]})
        await served.control("POST", "/accounts/default/records/person/create", {"fields": {"name": "Ada"}})
        await served.control("POST", "/accounts/default/clock/run-until-idle", {})
        _, shown = await served.control("POST", "/accounts/default/recording/stop", {})

    last = yaml.safe_load(shown["scenario"])["steps"][-1]
    assert 1.0 <= parse_duration(last["advance"]) / 1000 < 2.0


def test_subscriptions_keep_their_secrets_and_are_changed_and_removed_by_name() -> None:
    with Emulator() as copper:
        first = copper.subscribe("person", "new", target=TARGET, secret={"key": "s3cret"})
        recorder = recorded(copper)
        second = copper.subscribe("person", "new", target=f"{TARGET}/2", headers={"X-Key": "h"})
        copper._tenant.record(lambda account, now: account.update_subscription(second.id, {"target": TARGET}, now))
        copper.unsubscribe(first)
        copper.switch_key()

        content = yaml.safe_load(text_of(recorder))

    assert content["subscriptions"] == {
        "person_new": {"topic": "person/new", "target": TARGET, "secret": {"key": "s3cret"}}
    }
    assert content["steps"] == [
        {
            "subscribe": {
                "as": "person_new_2",
                "topic": "person/new",
                "target": f"{TARGET}/2",
                "headers": {"X-Key": "h"},
            }
        },
        {"resubscribe": {"subscription": "person_new_2", "target": TARGET}},
        {"unsubscribe": "person_new"},
        {"switch_key": True},
    ]


def test_a_body_sent_once_more_names_the_records_in_it() -> None:
    with Emulator(allow="blocked") as copper:
        recorder = recorded(copper)
        ada = copper.people.create(name="Ada")
        body = {"type": "person", "event": "update", "ids": [ada.id], "key": "s3cret"}
        copper.replay(body, target=TARGET, headers={"X-Trace": "1"})

        steps = steps_of(recorder)

    assert steps[1]["replay"] == {
        "target": TARGET,
        "body": {**body, "ids": [{"record": "person_1"}]},
        "headers": {"X-Trace": "1"},
    }


def test_faults_that_are_on_come_first_and_those_that_stay_are_switched_on_again() -> None:
    with Emulator() as copper:
        copper.faults.on("lose=20%")
        recorder = recorded(copper)
        copper.faults.on("shuffle")
        copper.faults.off("lose")
        copper.people.create(name="Ada")

        steps = steps_of(recorder)

    assert [step.get("faults") for step in steps[:4]] == [["lose=20%"], ["shuffle"], "off", ["shuffle"]]


def test_lookup_tables_bring_their_new_entries_and_say_what_no_step_can_do() -> None:
    with Emulator() as copper:
        level = copper.lookups.custom_field_definitions.add(name="Level", data_type="String", available_on=["person"])
        recorder = recorded(copper)
        status = copper.lookups.loss_reasons.add(name="Moved away")
        copper.lookups.loss_reasons.update(status.id, name="Moved")
        copper.people.create(name="Ada", custom_fields=[{"custom_field_definition_id": level.id, "value": "Gold"}])
        recorder.stop()
        text = recorder.text() or ""

    steps = yaml.safe_load(text)["steps"]
    assert steps[0]["lookup"]["add"]["name"] == "Level"
    assert steps[1]["lookup"]["table"] == "loss_reasons"
    assert f"# loss reason {status.id} was changed: no scenario step can do this" in text
    with Emulator() as again:
        played(again, text)
        assert again.people.search()[0].custom_fields[0]["value"] == "Gold"


def test_a_custom_activity_type_is_recorded_once() -> None:
    with Emulator() as copper:
        ada = copper.people.create(name="Ada")
        lunch = copper.lookups.custom_activity_types.add(name="Lunch", icon_type="Event")
        recorder = recorded(copper)
        copper.activities.create(parent=ada, type=copper.lookups.activity_types[lunch.id], details="At the inn")
        recorder.stop()
        text = recorder.text() or ""

    steps = yaml.safe_load(text)["steps"]
    assert [step["lookup"]["table"] for step in steps if "lookup" in step] == ["custom_activity_types"]
    with Emulator() as again:
        played(again, text)
        assert again.activities.search()[0].type == {"id": lunch.id, "category": "user"}


def test_what_the_account_says_of_itself_is_recorded() -> None:
    with Emulator() as copper:
        lead = copper.leads.create(name="Lia")
        copper.lookups.account.update(name="Engines", settings={"setting_enable_leads": False})
        recorder = recorded(copper)
        copper.lookups.account.update(settings={"setting_enable_leads": True})
        copper.lookups.account.update()
        copper.leads.update(lead, title="Countess")
        recorder.stop()
        text = recorder.text() or ""

    steps = yaml.safe_load(text)["steps"]
    assert [next(iter(step)) for step in steps] == ["seed", "account", "account", "update"]
    assert steps[1]["account"]["name"] == "Engines"
    assert steps[2] == {"account": {"settings": {"setting_enable_leads": True}}}
    with Emulator() as again:
        played(again, text)
        assert again.lookups.account.name == "Engines"
        assert again.leads.search()[0].title == "Countess"


def test_what_an_endpoint_does_while_it_is_notified_is_its_own() -> None:
    with Emulator() as copper:

        def titles(request: Any) -> int:
            for record_id in request.json["ids"]:
                copper.people.update(record_id, title="Dr")
            return 200

        copper.route(TARGET, to=titles)
        copper.subscribe("person", "new", target=TARGET)
        recorder = recorded(copper)
        copper.people.create(name="Ada")

        assert [list(step) for step in steps_of(recorder)] == [["create"]]


@pytest.mark.parametrize("race", ["deleted", "changed"])
def test_what_happens_to_a_record_before_it_is_fetched_is_no_step_because_it_happens_again(race: str) -> None:
    with Emulator(fetch_race=race) as copper:
        copper.route(TARGET, to=taken)
        copper.subscribe("person", "new", target=TARGET)
        recorder = recorded(copper)
        copper.people.create(name="Ada")
        expected = told(copper, 0)
        written = text_of(recorder)
    with Emulator() as again:
        again.route(TARGET, to=taken)
        played(again, written)

        assert [list(step) for step in yaml.safe_load(written)["steps"]] == [["create"]]
        assert told(again, 0) == expected


def test_nothing_is_recorded_before_and_after_and_nothing_is_no_scenario() -> None:
    with Emulator() as copper:
        recorder = recorder_of(copper)
        assert (recorder.text(), recorder.is_on, recorder.steps) == (None, False, 0)
        recorder.start()
        assert recorder.text() is None
        recorder.stop()
        copper.people.create(name="Ada")

        assert recorder.text() is None


AWKWARD = [
    "yes",
    "on",
    "null",
    "~",
    "1.5e3",
    "0123",
    "2026-01-01",
    "+10m",
    "a: b",
    "# no",
    "'",
    '"',
    "\n",
    "\x85",
    "—",
    "é",
    "😀",
    " x ",
    "{a}",
    "",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_every_text_comes_back_as_it_was(text: str) -> None:
    with Emulator() as copper:
        recorder = recorded(copper)
        copper.people.create(name="Ada", details=text)
        written = text_of(recorder)
    with Emulator() as again:
        played(again, written)

        assert again.people.search()[0].details == text


def test_a_name_that_would_be_a_merge_key_without_quotes_comes_back_as_it_was() -> None:
    with Emulator(strict=False) as copper:
        recorder = recorded(copper)
        copper.subscribe("person", "update", target=TARGET, secret={"<<": "s3cret"})
        copper.fire("person", "update", ids=1, updated_attributes={"<<": ("before", "after")})
        written = text_of(recorder)
    with Emulator(strict=False) as again:
        played(again, written)

        assert again.subscriptions[0].secret == {"<<": "s3cret"}
        assert again.changes[0].updated_attributes == {"<<": ["before", "after"]}
