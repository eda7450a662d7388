"""Errors in a scenario file are reported with its file, line and key, and with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from copper_emulator.core.errors import ScenarioError
from copper_emulator.scenarios import load, parse, shipped_names
from tests.scenarios.builders import HEAD, mistake_in, story

STEPS = [
    pytest.param(
        "- crate: {type: person}", "steps[1].crate: there is no such key; did you mean 'create'?", id="unknown"
    ),
    pytest.param(
        "- create: {type: person, cuont: 3}",
        "steps[1].create.cuont: there is no such key; did you mean 'count'? The keys are type, as, count, each, f",
        id="unknown-in-action",
    ),
    pytest.param(
        "- create: {type: person, count: many}",
        "steps[1].create.count: 'many' is not a whole number",
        id="wrong-type",
    ),
    pytest.param("- create: {type: person, count: '3'}", "steps[1].create.count: '3' is not a whole number", id="text"),
    pytest.param(
        "- create: {type: person, count: 0}",
        "steps[1].create.count: 0 is too small: the least is 1",
        id="none",
    ),
    pytest.param("- create: {type: person, each: 1}", "steps[1].create.each: 1 is neither true nor false", id="flag"),
    pytest.param("- create: person", "steps[1].create: 'person' is not a mapping of names to values", id="no-mapping"),
    pytest.param(
        "- create: {type: persona}",
        "steps[1].create.type: there is no type 'persona'; did you mean 'person'? The types are lead, person, company",
        id="type",
    ),
    pytest.param("- create: {count: 3}", "steps[1].create.type: is missing", id="missing"),
    pytest.param("- create: {type: person, as: 17}", "steps[1].create.as: 17 is not text", id="name"),
    pytest.param(
        "- fire: {topic: person, ids: 1}",
        "steps[1].fire.topic: 'person' is not a topic: write type and event, like person/update",
        id="no-topic",
    ),
    pytest.param(
        "- fire: {topic: person/renamed, ids: 1}",
        "steps[1].fire.topic: there is no event 'renamed'; the events are new, update and delete",
        id="event",
    ),
    pytest.param(
        "- fire: {topic: activity_log/update, ids: 1}",
        "steps[1].fire.topic: there is no topic activity_log/update. Copper's only webhook for activity_log is new",
        id="topic-of-the-other-table",
    ),
    pytest.param("- fire: {topic: person/new}", "steps[1].fire: needs ids, count or records", id="no-ids"),
    pytest.param("- fire: {topic: person/new, ids: []}", "steps[1].fire.ids: must not be empty", id="empty-ids"),
    pytest.param(
        "- fire: {topic: person/new, ids: [1, 0]}",
        "steps[1].fire.ids[2]: 0 is too small: the least is 1",
        id="id-0",
    ),
    pytest.param(
        "- fire: {topic: person/update, ids: 1, updated_attributes: {name: Ada}}",
        "steps[1].fire.updated_attributes.name: must be a pair [old, new], not 'Ada'",
        id="no-pair",
    ),
    *(
        pytest.param(
            f"- expect: {{topic: person/update, updated_attributes: {{name: {written}}}}}",
            f"steps[1].expect.updated_attributes.name: must be a pair [old, new], not {shown}",
            id=f"no-pair-expected-{written}",
        )
        for written, shown in (("Ada", "'Ada'"), ("null", "None"), ("3", "3"))
    ),
    pytest.param(
        "- advance: 10 minutes",
        "steps[1].advance: '10 minutes' is not a duration: write it like 30s, 10m, 1m30s or 250ms",
        id="duration",
    ),
    pytest.param("- advance: 0", "steps[1].advance: must be more than 0", id="no-time"),
    pytest.param("- {at: soon, switch_key: true}", "steps[1].at: 'soon' is not a duration", id="moment"),
    pytest.param("- switch_key: yes please", "steps[1].switch_key: must be true, not 'yes please'", id="literal"),
    pytest.param(
        "- endpoint: sideways",
        "steps[1].endpoint: there is no choice 'sideways'; the choices are down and up",
        id="state",
    ),
    pytest.param("- endpoint: up", "steps[1].endpoint: it is already up", id="up-already"),
    pytest.param("- at: +1m", "steps[1]: needs an action: one of create, update, delete", id="no-action"),
    pytest.param(
        "- {switch_key: true, endpoint: down}",
        "steps[1]: has 2 actions (switch_key, endpoint); make each a step of its own",
        id="two-actions",
    ),
    pytest.param("- update:", "steps[1].update: has no value", id="empty"),
    pytest.param(
        "- {switch_key: true, refused: 404}",
        "steps[1]: `refused` goes with subscribe, unsubscribe, resubscribe, not with switch_key",
        id="refused",
    ),
    pytest.param(
        "- update: {records: ada, fields: {name: Ada}}",
        "steps[1].update.records: there are no records 'ada'; no step before this one has named any",
        id="unknown-records",
    ),
    pytest.param(
        "- expect: {topic: person/new, to: nobody}",
        "steps[1].expect.to: there is no subscription 'nobody'; the steps before this one have named changed and made",
        id="unknown-subscription",
    ),
    pytest.param(
        "- expect_none: {to: nobody}",
        "steps[1].expect_none.to: there is no subscription 'nobody'; the steps before this one have named changed and "
        "made",
        id="nothing-for-an-unknown-subscription",
    ),
    pytest.param(
        "- unsubscribe: [made, gone]",
        "steps[1].unsubscribe: there is no subscription 'gone'; the steps before this one have named changed and made",
        id="unknown-unsubscribe",
    ),
    pytest.param(
        "- subscribe: {as: made, topic: person/new, target: /hook}",
        "steps[1].subscribe.as: there is already a subscription 'made'; give this one a different name",
        id="subscription-twice",
    ),
    pytest.param(
        "- subscribe: {as: more, topic: person/new, target: billing.example.com}",
        "steps[1].subscribe.target: 'billing.example.com' is not a target: write a full https:// URL, or a path",
        id="target",
    ),
    pytest.param(
        "- resubscribe: {subscription: made}",
        "steps[1].resubscribe: needs at least one of target, secret, headers and custom_field_computed_values",
        id="no-change",
    ),
    pytest.param(
        "- subscribe: {as: more, topic: person/new, target: /hook, secret: {key: 17}}",
        "steps[1].subscribe.secret.key: 17 is not text",
        id="secret",
    ),
    pytest.param("- expect: {}", "steps[1].expect: needs something to expect", id="expect-nothing"),
    pytest.param(
        "- expect: {topic: person/new, status: 99}",
        "steps[1].expect.status: 99 is too small: the least is 100",
        id="status",
    ),
    pytest.param(
        "- expect: {topic: person/new, outcome: lost in space}",
        "steps[1].expect.outcome: there is no outcome 'lost in space'; the outcomes are delivered, rejected",
        id="outcome",
    ),
    pytest.param(
        "- expect: {records: ada, ids: 1}", "steps[1].expect: takes either records or ids, not both", id="both"
    ),
    pytest.param(
        "- expect: {to: made, body: {subscription_id: 1}}",
        "steps[1].expect: takes either `to` or `subscription_id` in the body, not both",
        id="to-twice",
    ),
    pytest.param(
        "- expect: {to: made, body: {}}",
        "steps[1].expect: takes either `to` or an empty body, not both: what is sent for a subscription has its id",
        id="to-empty",
    ),
    pytest.param(
        "- expect_totals: {topic: person/new}",
        "steps[1].expect_totals: needs at least one of sent, held, dropped, cancelled and waiting",
        id="no-total",
    ),
    pytest.param(
        "- expect_totals: {sent: 1, since: +2m, until: +1m}",
        "steps[1].expect_totals: `until` must come after `since`",
        id="span",
    ),
    pytest.param("- 17", "steps[1]: 17 is not a mapping of names to values", id="no-step"),
    pytest.param("- <<: {advance: 1m}", "steps[1]: merge keys (<<) are not supported", id="merge-key"),
    pytest.param("- fire: {topic: lead/new, ids: 1, << : {}}", "steps[1].fire: merge keys (<<)", id="merge-key-inside"),
    pytest.param("- ? [a, b]\n  : 1", "steps[1]: a key must be a plain name", id="list-as-key"),
    pytest.param("- advance: !!python/object/new:os.system [1]", "steps[1].advance", id="no-python"),
]


@pytest.mark.parametrize(("step", "says"), STEPS)
def test_a_fault_in_a_step_is_named_with_its_line_and_key(step: str, says: str) -> None:
    assert mistake_in(HEAD + step).startswith(f"story.yaml:6: {says}")


TOPS = [
    pytest.param("steps: [{advance: 1m}]\n", "story.yaml:1: name: is missing", id="no-name"),
    pytest.param("name: x\n", "story.yaml:1: steps: is missing", id="no-steps"),
    pytest.param("name: x\nsteps: []\n", "story.yaml:2: steps: must not be empty", id="empty-steps"),
    pytest.param("name: x\nsteps: none\n", "story.yaml:2: steps: 'none' is not a list", id="steps-no-list"),
    pytest.param(
        "", "story.yaml:1: a scenario must be a mapping of names to values (name, description", id="empty-file"
    ),
    pytest.param("- 1\n", "story.yaml:1: a scenario must be a mapping of names to values", id="list"),
    pytest.param(
        "name: x\nstep:\n  - advance: 1m\nsteps: [{advance: 1m}]\n",
        "story.yaml:2: step: there is no such key; did you mean 'steps'? The keys are name, description, settings",
        id="unknown-key",
    ),
    pytest.param(
        "name: x\nsettings:\n  latency: soon\nsteps: [{advance: 1m}]\n",
        "story.yaml:3: settings.latency: 'soon' is not a duration",
        id="setting-value",
    ),
    pytest.param(
        "name: x\nsettings:\n  latency: 0\n  limit: 600/1m\nsteps: [{advance: 1m}]\n",
        "story.yaml:4: settings.limit: there is no setting 'limit'; did you mean 'limits'? The settings are profile,",
        id="setting-name",
    ),
    pytest.param(
        "name: x\nsettings: {allow_targets: example.com}\nsteps: [{advance: 1m}]\n",
        "story.yaml:2: settings.allow_targets: a file cannot allow hosts beyond this machine",
        id="setting-for-people",
    ),
    pytest.param(
        "name: x\nsettings: {ca: company.pem}\nsteps: [{advance: 1m}]\n",
        "story.yaml:2: settings.ca: a file cannot say which authorities to trust; say it when you start the scenario",
        id="setting-for-people-too",
    ),
    pytest.param(
        "name: x\nsettings: {intercept: true}\nsteps: [{advance: 1m}]\n",
        "story.yaml:2: settings.intercept: a file cannot intercept Copper's hosts; say it when",
        id="setting-of-the-process",
    ),
    pytest.param(
        "name: x\nsubscriptions:\n  a:\n    topic: person/new\nsteps: [{advance: 1m}]\n",
        "story.yaml:3: subscriptions.a.target: is missing",
        id="subscription",
    ),
    pytest.param(
        "name: x\nsubscriptions:\n  a: {topic: person/new, target: /h, taget: 1}\nsteps: [{advance: 1m}]\n",
        "story.yaml:3: subscriptions.a.taget: there is no such key; did you mean 'target'? The keys are topic",
        id="subscription-key",
    ),
    pytest.param("name: x\nname: y\n", "story.yaml:2: name: appears twice, first on line 1", id="twice"),
    pytest.param("name: [x\nsteps: 1\n", "story.yaml:2: this is not YAML: ", id="not-yaml"),
    pytest.param("name: x\nsteps:\n\t- advance: 1m\n", "story.yaml:3: this is not YAML: ", id="tab"),
    pytest.param("name: x\n---\nname: y\n", "story.yaml:2: this is not YAML: expected a single document", id="two"),
    pytest.param("name: \x07\n", "story.yaml:1: this is not YAML: ", id="control-character"),
    pytest.param(r'name: "\udc00"', r"story.yaml:1: name: this has half a surrogate pair (\ud800 to", id="half"),
    pytest.param(r'"\ud800": x', r"story.yaml:1: this has half a surrogate pair (\ud800 to", id="half-in-key"),
    pytest.param("&a [*a]", "story.yaml:1: [1]", id="recursive"),
    pytest.param("name: " + "[" * 2000, "story.yaml:1: this is nested deeper", id="deep"),
    # Reading it is broken off, because PyYAML takes a second for a thousand levels.
    pytest.param("name: " + "[" * 120 + "]" * 120, "story.yaml:1: this is nested deeper", id="not read to its end"),
]


@pytest.mark.parametrize(("text", "says"), TOPS)
def test_a_fault_in_a_file_is_named_with_its_line_and_key(text: str, says: str) -> None:
    assert mistake_in(text).startswith(says)


def test_a_small_file_that_blows_up_is_refused() -> None:
    """A few lines of aliases can stand for more values than any memory holds."""
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]

    assert "the file holds more than 200,000 values" in mistake_in("\n".join(lines))


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = story("""
        - create: {type: person, count: many}
        - advance: 1m
        - at: whenever
          switch_key: true
        - fire: {topic: person/renamed, ids: 1}
    """)

    assert [line.split(": ")[:2] for line in mistake_in(text).splitlines()] == [
        ["story.yaml:6", "steps[1].create.count"],
        ["story.yaml:8", "steps[3].at"],
        ["story.yaml:10", "steps[4].fire.topic"],
    ]


def test_faults_of_what_can_be_read_are_told_with_those_of_what_cannot() -> None:
    """A name that is defined in a wrong place is known all the same, or could be."""
    text = """\
name: story
subscriptions:
  wrong: {topic: person/updated, target: /hook}
  other: {topic: activity_log/update, target: /hook}
steps:
  - create: {type: person, as: ada, fields: {name: Ada, email: a@b.c}}
  - expct: {topic: person/new}
  - expect: {topic: person/new, records: bob, to: wrong}
  - create: {type: person, as: bob, cuont: 3}
  - expect: {topic: person/new, records: bob}
"""

    assert [line.split(": ")[:2] for line in mistake_in(text).splitlines()] == [
        ["story.yaml:3", "subscriptions.wrong.topic"],
        ["story.yaml:4", "subscriptions.other.topic"],
        ["story.yaml:6", "steps[1].create.fields.email"],
        ["story.yaml:7", "steps[2].expct"],
        ["story.yaml:8", "steps[3].expect.records"],
        ["story.yaml:9", "steps[4].create.cuont"],
    ]


@pytest.mark.parametrize("part", ["settings: [x]", "settings: {5: x}", "subscriptions: [x]", "steps: x", "steps: [x]"])
def test_parts_of_another_shape_are_one_fault_each(part: str) -> None:
    rest = "" if part.startswith("steps") else "steps: [switch_key: true]\n"
    assert len(mistake_in(f"name: story\n{part}\n{rest}").splitlines()) == 1


def test_type_and_event_in_each_others_place_are_told() -> None:
    text = mistake_in(story("- fire: {topic: update/person, ids: 1}"))
    assert "type and event are swapped: 'update' is an event, and 'person' a type" in text


def test_time_cannot_go_back() -> None:
    text = story("""
        - advance: 5m
        - at: +10m
          switch_key: true
        - advance: 1m
        - at: +10m
          switch_key: true
    """)

    assert mistake_in(text) == (
        "story.yaml:10: steps[4].at: +10m is in the past: the steps before it reach +11m, and time only moves forward"
    )


def test_records_are_known_by_their_type() -> None:
    text = story("""
        - create: {type: person, as: ada}
        - create: {type: company, as: acme}
        - update: {records: [ada, acme], fields: {name: x}}
        - expect: {topic: company/update, records: ada}
        - create: {type: lead, as: ada}
    """)

    assert mistake_in(text).splitlines() == [
        "story.yaml:8: steps[3].update.records: 'acme' is of type company, not person",
        "story.yaml:9: steps[4].expect.records: 'ada' is of type person, not company",
        "story.yaml:10: steps[5].create.as: there are already records 'ada'; give these a different name",
    ]


def test_a_name_is_not_known_before_its_step() -> None:
    text = story("""
        - expect: {topic: person/new, records: ada}
        - create: {type: person, as: ada}
    """)

    assert "steps[1].expect.records: there are no records 'ada'" in mistake_in(text)


def test_the_wider_table_of_topics_can_be_chosen() -> None:
    steps = "steps:\n  - fire: {topic: activity_log/update, ids: 1}\n"

    mistake = mistake_in("name: x\n" + steps)
    assert "there is no topic activity_log/update" in mistake
    assert mistake.endswith("lists update and delete too: allow them with `settings: {profile: developer-docs}`.")
    wider = parse("name: x\nsettings: {profile: developer-docs}\n" + steps, "story.yaml")
    assert wider.content.steps[0].action == "fire"


def test_a_missing_file_names_those_that_are_shipped(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as raised:
        load("first_notificaton")

    text = str(raised.value)
    assert text.startswith("there is no scenario 'first_notificaton'; did you mean 'first_notification'?")
    for name in shipped_names():
        assert name in text


def test_a_file_in_a_folder_is_not_looked_for_among_the_shipped(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="there is no scenario"):
        load(tmp_path / "first_notification")


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="is a folder; name the files in it"):
        load(tmp_path)


def test_a_file_that_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "binary.yaml"
    file.write_bytes(b"name: x\nsteps: \xff\xfe\n")

    with pytest.raises(ScenarioError, match=r"binary\.yaml:2: this is not UTF-8 text"):
        load(file)


def test_a_shipped_scenario_is_found_by_its_name_with_or_without_the_ending() -> None:
    assert load("batch_of_61").name == load("batch_of_61.yaml").name == "batch of 61"


def test_a_file_of_the_same_name_comes_before_the_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "batch_of_61.yaml").write_text("name: mine\nsteps: [{advance: 1m}]\n")
    monkeypatch.chdir(tmp_path)

    assert load("batch_of_61.yaml").name == "mine"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("off", "off"),
        ("yes", "yes"),
        ("2026-11-23", "2026-11-23"),
        ("10:30", "10:30"),
        ("007", "007"),
        ("1e5", "1e5"),
        ("+49301234", 49301234),
        ("true", True),
        ("'true'", "true"),
        ("null", None),
        ("1.5", 1.5),
        ("0x1F", "0x1F"),
        # As JSON escapes it.
        (r'"\ud83d\ude00"', "\N{GRINNING FACE}"),
    ],
)
def test_plain_words_stay_words(written: str, value: object) -> None:
    """`off` is a setting's value and not `false`; only what is certainly a number, true, false or null becomes one."""
    text = story(f"- create: {{type: person, fields: {{details: {written}}}}}")

    create = parse(text, "story.yaml").content.steps[0].create
    assert create is not None
    assert create.fields["details"] == value
    assert type(create.fields["details"]) is type(value)


@pytest.mark.parametrize("event", ["new", "delete"])
def test_only_an_update_carries_attributes(event: str) -> None:
    text = story(f"- fire: {{topic: person/{event}, ids: 1, updated_attributes: {{name: [a, b]}}}}")

    with pytest.raises(ScenarioError, match="takes updated_attributes only with update"):
        parse(text, "story.yaml")


def test_a_file_that_is_near_is_named(tmp_path: Path) -> None:
    (tmp_path / "storm.yaml").write_text("name: mine\nsteps: [{advance: 1m}]\n")

    with pytest.raises(ScenarioError) as caught:
        load(tmp_path / "strom.yaml")
    assert f"there is no scenario '{tmp_path}/strom.yaml'; did you mean '{tmp_path}/storm.yaml'? " in str(caught.value)


def test_a_type_that_is_near_is_named() -> None:
    with pytest.raises(ScenarioError, match=r"there is no type 'persn'; did you mean 'person'\? The types are"):
        parse(story("- create: {type: persn, fields: {name: Ada}}"), "story.yaml")


PLAIN = "name: mine\nsteps:\n  - create: {type: person, fields: {name: Ada}}\n\n  - advance: 1m\n"


@pytest.mark.parametrize(
    "marked",
    [
        "".join(f"E       {line}\n" for line in PLAIN.splitlines()),
        "".join(f"E   {line}".rstrip() + "\n" for line in PLAIN.splitlines()),
        "".join(f"E       {line}\n" if line else "\n" for line in PLAIN.splitlines()),
    ],
    ids=["with blanks", "E alone", "empty line"],
)
def test_what_pytest_shows_of_a_scenario_plays_as_it_was_copied(marked: str) -> None:
    found = parse(marked, "story.yaml")

    assert found.content == parse(PLAIN, "story.yaml").content
    assert found.line_of("steps", 1) == 5


def test_a_text_of_which_some_lines_alone_are_marked_is_not_touched() -> None:
    with pytest.raises(ScenarioError, match=r"story\.yaml:\d+: "):
        parse("E   name: mine\nsteps: [{advance: 1m}]\n", "story.yaml")


def test_faults_of_settings_are_told_with_those_of_the_form_and_with_those_of_names() -> None:
    settings = "name: x\nsettings: {latency: soon, limit: 1}\n"
    for steps, other in (
        ("steps: [{advance: 1m, wait: 2}]", "steps[1].wait: there is no such key"),
        ("steps: [{unsubscribe: gone}]", "there is no subscription 'gone'"),
    ):
        with pytest.raises(ScenarioError) as caught:
            parse(settings + steps, "story.yaml")

        told = str(caught.value)
        assert "settings.latency: 'soon' is not a duration" in told
        assert "settings.limit: there is no setting 'limit'" in told
        assert other in told, told


def test_which_topics_there_are_is_not_said_where_the_profile_is_wrong() -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(
            "name: x\nsettings: {profile: mine}\nsteps: [{fire: {topic: activity_log/update, ids: [1]}}]", "story.yaml"
        )

    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("rows", "there"), [("{name: Ada}", "there is 1 row"), ("{name: Ada}, {name: Grace}", "there are 2 rows")]
)
def test_each_record_needs_a_row(rows: str, there: str) -> None:
    text = story(f"""
        - create: {{type: person, as: people, count: 3}}
        - update: {{records: people, rows: [{rows}]}}
    """)

    assert f"steps[2].update.rows: {there} for 3 records" in mistake_in(text)
