"""Calls with impossible arguments, as people write them: each is answered with the right call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from copper_emulator import AsyncEmulator, Emulator, Invalid, UsageError
from copper_emulator.endpoint import Endpoint

TARGET = "https://billing.example.com/hook"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda copper: copper.subscribe("person", "new", TARGET),
            r"subscribe: too many positional arguments; write it like copper.subscribe\('person', 'new', target='https://",
        ),
        (
            lambda copper: copper.subscribe("person", "new", url=TARGET),
            "subscribe: got an unexpected keyword argument 'url'; write it like",
        ),
        (
            lambda copper: copper.subscribe("person", "new", target=TARGET, header={"X-Key": "s3cret"}),
            r"keyword argument 'header'; did you mean 'headers'\? Write it like copper.subscribe\(",
        ),
        (lambda copper: copper.subscribe("person", "new"), "subscribe: missing a required.* 'target'; write it like"),
        (
            lambda copper: copper.expect("person.new"),
            "expect takes type and event as two arguments: not 'person.new' but 'person', 'new', "
            r"like copper.expect\('person', 'update', ids=17\)",
        ),
        (
            lambda copper: copper.subscribe("people/delete", target=TARGET),
            "subscribe takes type and event as two arguments: not 'people/delete' but 'people', 'delete', like copper",
        ),
        (
            lambda copper: copper.fire("person.new", 17),
            "fire takes type and event as two arguments: not 'person.new' but 'person', 'new', like copper.fire",
        ),
        (
            lambda copper: copper.expect("person"),
            r"expect: missing a required argument: 'event'; write it like copper.expect\('person', 'update', ids=17\)",
        ),
        (
            lambda copper: copper.expect(id=17),
            r"expect: got an unexpected keyword argument 'id'; did you mean 'ids'\? Write it like copper.expect",
        ),
        (
            lambda copper: copper.expect("person", "new", id=17),
            r"got an unexpected keyword argument 'id'; did you mean 'ids'\? Write it like",
        ),
        (lambda copper: copper.expect_none("person", "new", 17), "expect_none: too many positional arguments; write"),
        (lambda copper: copper.fire("person", "new", 17), "fire: .*; write it like copper.fire"),
        (
            lambda copper: copper.people.seed(17, name="Ada"),
            "seed: got an unexpected.* 'name'; write it like copper.people",
        ),
        (lambda copper: copper.people.create("Ada"), r"create: too many.*; write it like copper.people.create\(name="),
        (lambda copper: copper.tasks.create({"name": "Call"}), r"create: too many.* like copper.tasks.create\(name="),
        (
            lambda copper: copper.people.create_many(name="Ada"),
            r"create_many: .*unexpected.* 'name'; write it like copper.people.create_many\(\[\{'name': 'Ada'\}, \{",
        ),
        (lambda copper: copper.leads.update(name="Ada"), r"update: missing.* 'id'; .* copper.leads.update\(17, name="),
        (lambda copper: copper.leads.update_many([17], {}), r"update_many: too many.*; write it like copper.leads.upd"),
        (
            lambda copper: copper.check(TARGET, typs=["person"]),
            r"check: got an unexpected.* 'typs'; did you mean 'types'\? Write it like copper.check\(",
        ),
        (lambda copper: copper.route(TARGET), "route: missing a required.* 'to'; write it like copper.route"),
        (lambda copper: copper.replay({}), "replay: missing a required.* 'target'; write it like copper.replay"),
    ],
)
def test_arguments_that_cannot_be_are_answered_with_the_right_call(call: Callable[[Any], object], said: str) -> None:
    with Emulator() as copper, pytest.raises(UsageError, match=said):
        call(copper)


def test_one_thing_is_explained_or_those_of_a_type() -> None:
    with Emulator() as copper:
        change = copper.fire("person", "new", ids=1)
        with pytest.raises(UsageError, match="either one thing, or the records"):
            copper.explain(change, type="person")


def test_an_endpoint_itself_as_target_is_answered_with_its_url() -> None:
    with Emulator() as copper, pytest.raises(UsageError, match=f"write target=endpoint.url, which is '{TARGET}'"):
        copper.subscribe("person", "new", target=Endpoint(TARGET))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type", "near"),
    [
        ("persn", "; did you mean 'person'? The types that have them are "),
        ("people", "; did you mean 'person'? The types that have them are "),
        ("user", "; the types that have them are "),
    ],
)
def test_a_type_that_cannot_be_subscribed_is_answered_with_the_one_that_is_near(type: str, near: str) -> None:
    with Emulator() as copper, pytest.raises(Invalid) as caught:
        copper.subscribe(type, "new", target=TARGET)

    types = "lead, person, company, opportunity, project, task and activity_log."
    assert str(caught.value).endswith(f"Copper has no webhooks for {type!r}{near}{types}")


@pytest.mark.asyncio
async def test_the_asynchronous_face_says_the_same() -> None:
    async with AsyncEmulator() as copper:
        wrong: Any = copper
        with pytest.raises(UsageError, match=r"expect takes type and event as two arguments: not 'person.new'"):
            await wrong.expect("person.new")
        with pytest.raises(UsageError, match=r"create: too many.*; write it like copper.people.create"):
            await wrong.people.create("Ada")


@pytest.mark.parametrize(("made", "block"), [(Emulator, "with Emulator"), (AsyncEmulator, "async with AsyncEmulator")])
def test_who_forgets_the_block_is_told_of_it(made: Callable[[], object], block: str) -> None:
    maker: Any = made()
    with pytest.raises(AttributeError) as caught:
        _ = maker.people

    said = f"has no 'people': the account comes from a block, `{block}(...) as copper:`"
    assert str(caught.value) == f"{made.__name__}(...) {said}"


@pytest.mark.parametrize("value", ["Grace", 5, None, True])
def test_updated_attributes_are_pairs(value: object) -> None:
    said = r"updated_attributes\['name'\] must be the pair of old and new value, like \{'name': \('...', "
    with Emulator() as copper, pytest.raises(UsageError, match=said):
        copper.expect("person", "update", updated_attributes={"name": value})


def test_a_scenario_is_played_from_a_file_and_its_text_is_not_echoed() -> None:
    with Emulator() as copper, pytest.raises(UsageError) as caught:
        copper.play("name: mine\nsteps:\n  - advance: 1m\n")

    assert str(caught.value) == "this is text of 3 lines, not the name of a file: write it to a file first"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("loose", "; did you mean 'lose'?"),
        ("duplicate", "; did you mean 'beyond_spec.duplicate'?"),
        ("nonsense", ""),
    ],
)
def test_a_fault_that_there_is_not_is_answered_with_the_one_that_is_near(name: str, near: str) -> None:
    with Emulator() as copper, pytest.raises(AttributeError) as caught:
        getattr(copper.faults, name)

    wrong, _, there = str(caught.value).rpartition("he names are ")
    assert wrong == f"copper.faults has no {name!r}{near}" + (" T" if near else "; t")
    assert {"lose", "slow", "beyond_spec", "api"} <= set(there.replace(" and ", ", ").split(", "))
