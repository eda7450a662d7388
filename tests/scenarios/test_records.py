"""What the actions on records do: samples, numbers, references, merge, convert, seed, relations and lookup tables."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from copper_emulator.scenarios import load, perform
from tests.scenarios.builders import failure_of, mistake_in, performed, story

TOPICS = ["person/new", "person/update", "person/delete", "company/new", "company/update", "company/delete"]
TOPICS += ["opportunity/new", "opportunity/update", "lead/new", "lead/update", "lead/delete", "activity_log/new"]


def story_of_all(steps: str, *, settings: str = "") -> str:
    """A scenario with a subscription to every topic that the tests check."""
    lines = [f"  s{number}: {{topic: {topic}, target: /hook}}" for number, topic in enumerate(TOPICS)]
    return "\n".join([f"name: story\n{settings}\nsubscriptions:", *lines, "steps:", dedent(steps)])


def passes(text: str) -> None:
    played = performed(text)

    assert played.passed, played.result.failure or played.verdict


# --- create: samples, numbers, references -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lead", "person", "company", "opportunity", "project", "task"])
def test_a_record_needs_nothing_but_its_type(kind: str) -> None:
    passes(story(f"- create: {{type: {kind}, as: it}}\n- update: {{records: it, fields: {{name: Ada}}}}"))


def test_an_activity_needs_nothing_but_its_parent() -> None:
    passes(
        story_of_all("""
            - create: {type: person, as: ada}
            - expect: {topic: person/new, records: ada}
            - create: {type: activity_log, as: note, fields: {parent: {type: person, id: {record: ada}}}}
            - expect: {topic: activity_log/new, records: note, count: 1}
            - expect_none: {}
        """)
    )


def test_samples_are_numbered_from_one() -> None:
    """The names are visible where they are changed."""
    passes(
        story("""
            - create: {type: person, as: crowd, count: 2}
            - update: {records: crowd, fields: {name: Ada}}
            - expect: {topic: person/update, count: 1, body: {updated_attributes: {
                name: [Person 1, Ada], first_name: [Person, Ada], last_name: ["1", null]}}}
            - expect: {topic: person/update, count: 1, body: {updated_attributes: {
                name: [Person 2, Ada], first_name: [Person, Ada], last_name: ["2", null]}}}
            - expect: {topic: person/new}
        """)
    )


def test_numbers_make_what_must_be_unique_so() -> None:
    same = 'create: {type: person, count: 3, fields: {emails: [{email: "p@example.com"}]}}'
    own = 'create: {type: person, count: 3, fields: {emails: [{email: "p{n}@example.com"}]}}'

    assert "Emails: has already been taken" in failure_of(story(f"- {same}"))
    passes(story(f"- {own}"))


def test_an_update_numbers_the_records_it_names() -> None:
    passes(
        story("""
            - create: {type: person, as: crowd, count: 2, fields: {title: "{n}."}}
            - create: {type: person, as: ada}
            - update: {records: [ada, crowd, ada], fields: {title: "no {n}"}}
            - expect: {topic: person/update, records: ada, updated_attributes: {title: [null, no 1]}}
            - expect: {topic: person/update, count: 1, updated_attributes: {title: [1., no 2]}}
            - expect: {topic: person/update, count: 1, updated_attributes: {title: [2., no 3]}}
            - expect: {topic: person/new, count: 2}
            - expect_none: {}
        """)
    )


def test_a_reference_stands_for_the_id_of_a_record_also_in_what_is_expected() -> None:
    passes(
        story_of_all("""
            - seed: {type: person, as: ada, rows: [{name: Ada}]}
            - seed: {type: person, as: grace}
            - seed: {type: opportunity, as: deal, fields: {primary_contact_id: {record: ada}}}
            - update: {records: deal, fields: {primary_contact_id: {record: grace}}}
            - expect:
                topic: opportunity/update
                updated_attributes: {primary_contact_id: [{record: ada}, {record: grace}]}
            - fire: {topic: person/update, ids: 1, updated_attributes: {company_id: [null, {record: deal}]}}
            - expect: {body: {updated_attributes: {company_id: [null, {record: deal}]}}}
        """)
    )


def test_a_record_with_fields_that_copper_refuses_fails_its_step() -> None:
    failure = failure_of(story("- create: {type: person, fields: {name: '', assignee_id: 5}}"))

    assert failure.startswith("story.yaml:6: step 1 of 1 failed, at +0s: create a person\n422 Invalid input")
    assert "Name: can't be blank" in failure
    assert "Assignee Id: must exist" in failure


# --- merge and convert --------------------------------------------------------------------------------------


def test_a_merge_deletes_the_loser_and_updates_the_winner_if_it_gained_something() -> None:
    passes(
        story_of_all("""
            - seed: {type: company, as: acme, fields: {name: Acme}}
            - seed: {type: company, as: same, fields: {name: Acme}}
            - seed: {type: company, as: more, fields: {name: Acme, email_domain: acme.example}}
            - merge: {winner: acme, loser: same}
            - expect: {topic: company/delete, records: same}
            - expect_none: {}
            - merge: {winner: acme, loser: more}
            - expect: {topic: company/delete, records: more}
            - expect: {topic: company/update, records: acme, updated_attributes: {email_domain: [null, acme.example]}}
            - expect_none: {}
        """)
    )


def test_a_conversion_names_what_it_made() -> None:
    passes(
        story_of_all("""
            - seed: {type: lead, as: lia, fields: {name: Lia}}
            - seed: {type: company, as: acme}
            - convert:
                lead: lia
                as: {person: ada, company: hers, opportunity: deal}
                person: {name: Ada}
                company: {id: {record: acme}}
                opportunity: {name: Engine}
            - expect: {topic: person/new, records: ada}
            - expect: {topic: opportunity/new, records: deal}
            - expect: {topic: lead/delete, records: lia}
            - expect_none: {}
            - update: {records: hers, fields: {name: Acme}}
            - expect: {topic: company/update, records: acme}
        """)
    )


def test_a_conversion_may_leave_the_lead_where_it_is() -> None:
    passes(
        story_of_all(
            """
            - seed: {type: lead, as: lia}
            - convert: {lead: lia, as: {person: ada}}
            - expect:
                topic: lead/update
                records: lia
                updated_attributes: {converted_contact_id: [null, {record: ada}]}
            - expect: {topic: person/new, records: ada}
            """,
            settings="settings: {lead_conversion: update}",
        )
    )


def test_a_name_for_what_a_conversion_did_not_make_fails_the_step() -> None:
    text = story("""
        - seed: {type: lead, as: lia}
        - convert: {lead: lia, as: {company: acme}, company: {name: ''}}
    """)

    assert "the conversion made no company that could be called 'acme'" in failure_of(text)


# --- seed ---------------------------------------------------------------------------------------------------


def test_nothing_tells_of_seeded_records_but_of_what_becomes_of_them() -> None:
    passes(
        story("""
            - seed: {type: person, as: crowd, count: 31, fields: {emails: [{email: "p{n}@example.com"}]}}
            - expect_none: {}
            - update: {records: crowd, fields: {title: Dr}}
            - expect: {topic: person/update, records: crowd, count: 2}
        """)
    )


def test_seeded_rows_have_their_own_ids_and_what_only_copper_writes() -> None:
    passes(
        story("""
            - seed: {type: company, as: acme}
            - seed:
                type: person
                as: both
                rows:
                  - {id: 17, name: Ada, date_created: 1500000000, company_id: {record: acme}}
                  - {id: 18, name: "Person {n}"}
            - update: {records: both, fields: {name: Ada}}
            - expect: {topic: person/update, ids: 18, updated_attributes: {name: [Person 2, Ada]}}
        """)
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("people.json", json.dumps([{"id": 17, "name": "Ada {n}"}, {"id": 18, "name": "Bob"}])),
        ("people.csv", "id,name,custom_fields.5\n17,Ada {n},7\n18,Bob,\n"),
    ],
)
def test_records_may_come_from_a_file_beside_the_scenario(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "story.yaml").write_text(
        story(f"""
            - define: {{id: 5, name: Level, data_type: Float, available_on: [person]}}
            - seed: {{type: person, as: both, file: {name}}}
            - update: {{records: both, fields: {{name: Bob}}}}
            - expect: {{topic: person/update, ids: 17, updated_attributes: {{name: ["Ada {{n}}", Bob]}}}}
            - expect_none: {{}}
        """)
    )

    played = perform(load(tmp_path / "story.yaml"), settings={})

    assert played.passed, played.result.failure


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("people.json", None, "people.json cannot be read: No such file or directory"),
        ("people.json", "{}", "people.json must be an array of objects"),
        ("people.json", "[]", "people.json has no records"),
        ("people.csv", "nme\nAda\n", "column 'nme': a person has no field 'nme'; did you mean 'name'?"),
        ("people.txt", "Ada", "records are read from .json and .csv files"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_mistake_of_the_scenario(
    tmp_path: Path, name: str, text: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    story_file = tmp_path / "story.yaml"
    story_file.write_text(story(f"- seed: {{type: person, file: {name}}}"))

    with pytest.raises(ValueError, match=r"story\.yaml:6: steps\[1\]\.seed\.file: ") as raised:
        load(story_file)

    assert says in str(raised.value)


def test_a_wrong_row_of_a_file_is_named_when_it_is_played(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("name,assignee_id\nAda,\nBob,17\n")
    story_file = tmp_path / "story.yaml"
    story_file.write_text(story("- seed: {type: person, file: people.csv}"))

    failure = perform(load(story_file), settings={}).result.failure

    assert "Assignee Id: must exist" in failure
    assert "people.csv, row 3, column assignee_id." in failure


# --- relations and lookup tables ----------------------------------------------------------------------------


def test_nothing_tells_of_relations() -> None:
    passes(
        story_of_all("""
            - seed: {type: company, as: acme}
            - seed: {type: company, as: other}
            - seed: {type: person, as: crowd, count: 3}
            - relate: {records: crowd, to: acme}
            - expect_none: {}
            - unrelate: {records: crowd, from: acme}
            - relate: {records: crowd, to: other}
            - expect_none: {}
        """)
    )


def test_a_relation_that_there_is_no_room_for_or_that_is_not_there_fails_the_step() -> None:
    companies = (
        "- seed: {type: company, as: acme}\n- seed: {type: company, as: other}\n- seed: {type: person, as: ada}\n"
    )

    twice = failure_of(story(companies + "- relate: {records: ada, to: acme}\n- relate: {records: ada, to: other}"))
    none = failure_of(story(companies + "- unrelate: {records: ada, from: acme}"))

    assert "relate ada to other" in twice
    assert "is already related to company" in twice
    assert "is not related to company" in none


def test_custom_fields_are_defined_by_the_scenario_and_reported_by_their_ids() -> None:
    passes(
        story("""
            - define:
                id: 17
                name: Level
                data_type: Dropdown
                available_on: [person, lead]
                options: [{id: 1, name: Gold}, {id: 2, name: Silver}]
            - create: {type: person, as: ada, fields: {custom_fields: [{custom_field_definition_id: 17, value: 1}]}}
            - expect: {topic: person/new}
            - update: {records: ada, fields: {custom_fields: [{custom_field_definition_id: 17, value: 2}]}}
            - expect: {topic: person/update, records: ada, updated_attributes: {custom_fields: {"17": [1, 2]}}}
        """)
    )


def test_what_records_refer_to_can_be_added() -> None:
    passes(
        story("""
            - lookup: {table: users, add: {id: 17, name: Grace, email: grace@example.com}}
            - seed: {type: person, as: ada}
            - update: {records: ada, fields: {assignee_id: 17}}
            - expect: {topic: person/update, records: ada, updated_attributes: {assignee_id: [null, 17]}}
        """)
    )


def test_leads_can_be_switched_off() -> None:
    passes(
        story("""
            - seed: {type: lead, as: lia}
            - seed: {type: task, as: call}
            - account: {name: Engines, settings: {setting_enable_leads: false}}
            - create: {type: person, as: ada}
            - account: {settings: {setting_enable_leads: true}}
            - relate: {records: call, to: lia}
            - delete: {records: lia}
            - expect: {topic: person/new, records: ada}
        """)
    )


@pytest.mark.parametrize(
    "step", ["create: {type: lead}", "seed: {type: lead}", "update: {records: lia, fields: {name: Eve}}"]
)
def test_an_action_on_leads_that_are_switched_off_fails_its_scenario(step: str) -> None:
    text = story(f"""
        - seed: {{type: lead, as: lia}}
        - account: {{settings: {{setting_enable_leads: false}}}}
        - {step}
    """)

    failure = failure_of(text)

    assert "403 Feature not enabled" in failure
    assert "Leads are switched off in this account: setting_enable_leads of its settings is false." in failure


# --- words --------------------------------------------------------------------------------------------------


def test_each_step_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text('[{"name": "Ada"}]')
    steps = """
        - define: {name: Level, data_type: String, available_on: [person, lead]}
        - lookup: {table: loss_reasons, add: {name: Moved}}
        - account: {name: Engines, settings: {setting_team_permissions_enabled: true}}
        - seed: {type: person, as: ada, file: people.json}
        - seed: {type: person, as: bob}
        - seed: {type: company, as: acme, rows: [{name: Acme}]}
        - seed: {type: lead, as: leads, count: 1200}
        - seed: {type: lead, as: lia}
        - seed: {type: lead, as: liam}
        - seed: {type: lead, as: lisa}
        - relate: {records: [ada, bob], to: acme}
        - unrelate: {records: ada, from: acme}
        - merge: {winner: ada, loser: bob}
        - convert: {lead: lia}
        - convert: {lead: liam, opportunity: {name: Engine}}
        - convert: {lead: lisa, as: {person: eve, opportunity: deal}, opportunity: {name: Engine}}
    """
    file = tmp_path / "story.yaml"
    file.write_text(story(steps))

    played = perform(load(file), settings={}).result

    assert played.passed, played.failure
    assert [step.text for step in played.steps if step.number] == [
        "define custom field Level (String) on person, lead",
        "add Moved to loss_reasons",
        "change the account: name = Engines, setting_team_permissions_enabled = true",
        "seed people from people.json (ada)",
        "seed a person (bob)",
        "seed a company (acme)",
        "seed 1,200 leads (leads)",
        "seed a lead (lia)",
        "seed a lead (liam)",
        "seed a lead (lisa)",
        "relate ada, bob to acme",
        "unrelate ada from acme",
        "merge bob into ada",
        "convert lia",
        "convert liam with an opportunity",
        "convert lisa into person eve, opportunity deal",
    ]


# --- faults -------------------------------------------------------------------------------------------------

FAULTS = [
    pytest.param(
        "create: {type: person, fields: {nmae: Ada}}",
        "create.fields.nmae: a person has no such field; did you mean 'name'? Its fields are name, prefix, first_name",
        id="field",
    ),
    pytest.param(
        "update: {records: ada, fields: {emial: x}}",
        "update.fields.emial: a person has no such field; did you mean 'emails'?",
        id="field-of-update",
    ),
    pytest.param(
        "create: {type: person, fields: {interaction_count: 5}}",
        "create.fields.interaction_count: cannot be written: only Copper writes it",
        id="read-only-of-create",
    ),
    pytest.param(
        "update: {records: ada, fields: {id: 5}}",
        "update.fields.id: cannot be written: only Copper writes it",
        id="read-only-of-update",
    ),
    pytest.param(
        "update: {records: ada, fields: {company_id: {record: acme}}}",
        "update.fields.company_id: cannot be written: it can be given only at creation",
        id="creation-only-of-update",
    ),
    pytest.param(
        "seed: {type: person, rows: [{name: Ada}, {nmae: Bob}]}",
        "seed.rows[2].nmae: a person has no such field",
        id="field-of-row",
    ),
    pytest.param("seed: {type: person, rows: []}", "seed.rows: must not be empty", id="no-rows"),
    pytest.param(
        "seed: {type: person, count: 2, rows: [{name: Ada}]}",
        "seed: takes either count and fields or rows, not both",
        id="count-and-rows",
    ),
    pytest.param(
        "seed: {type: person, rows: [{name: Ada}], file: people.json}",
        "seed: takes either rows or file, not both",
        id="rows-and-file",
    ),
    pytest.param(
        "create: {type: activity_log}",
        "create.fields.parent: is missing; name it, like parent: {type: person, id: {record: ada}}",
        id="no-parent",
    ),
    pytest.param(
        "seed: {type: activity_log, fields: {details: x}}",
        "seed.fields.parent: is missing; name it, like parent: {type: person",
        id="seed-no-parent",
    ),
    pytest.param(
        "create: {type: person, fields: {company_id: {record: nobody}}}",
        "create.fields.company_id.record: there are no records 'nobody'; the steps before this one "
        "have named acme, ada, crowd, deal",
        id="unknown-record",
    ),
    pytest.param(
        "create: {type: person, fields: {company_id: {record: 17}}}",
        "create.fields.company_id.record: must be the name of a record, not 17",
        id="record-no-name",
    ),
    pytest.param(
        "create: {type: person, fields: {company_id: {record: ada}}}",
        "create.fields.company_id.record: 'ada' is of type person, not company",
        id="record-of-another-type",
    ),
    pytest.param(
        "create: {type: task, fields: {related_resource: {type: person, id: {record: acme}}}}",
        "create.fields.related_resource.id.record: 'acme' is of type company, not person",
        id="nested-record-of-another-type",
    ),
    pytest.param(
        "update: {records: ada, fields: {tags: [a, {record: nobody}]}}",
        "update.fields.tags[2].record: there are no records 'nobody'",
        id="record-in-a-list",
    ),
    pytest.param(
        "update: {records: deal, fields: {primary_contact_id: {record: crowd}}}",
        "update.fields.primary_contact_id.record: 'crowd' stands for 61 records; only one is allowed here",
        id="many-records",
    ),
    pytest.param(
        "expect: {topic: person/update, updated_attributes: {company_id: [null, {record: nobody}]}}",
        "expect.updated_attributes.company_id[2].record: there are no records 'nobody'",
        id="record-in-expect",
    ),
    pytest.param(
        "expect: {topic: person/update, body: {ids: [{record: nobody}]}}",
        "expect.body.ids[1].record: there are no records 'nobody'",
        id="record-in-body",
    ),
    pytest.param(
        "fire: {topic: person/update, ids: 1, updated_attributes: {company_id: [null, {record: nobody}]}}",
        "fire.updated_attributes.company_id[2].record: there are no records 'nobody'",
        id="record-in-fire",
    ),
    pytest.param("merge: {winner: ada}", "merge.loser: is missing", id="no-loser"),
    pytest.param("merge: {winner: nobody, loser: ada}", "merge.winner: there are no records 'nobody'", id="no-winner"),
    pytest.param("merge: {winner: ada, loser: ada}", "merge.loser: a record cannot be merged into itself", id="itself"),
    pytest.param("merge: {winner: ada, loser: acme}", "merge.loser: 'acme' is of type company, not person", id="types"),
    pytest.param("merge: {winner: ada, loser: crowd}", "merge.loser: 'crowd' stands for 61 records", id="merge-many"),
    pytest.param("convert: {lead: ada}", "convert.lead: 'ada' is of type person, not lead", id="no-lead"),
    pytest.param(
        "convert: {lead: lia, as: {opportunity: more}}",
        "convert.as.opportunity: no opportunity is made without `opportunity` and its fields",
        id="no-opportunity",
    ),
    pytest.param(
        "convert: {lead: lia, as: {person: ada}}",
        "convert.as.person: there are already records 'ada'; give these a different name",
        id="name-taken",
    ),
    pytest.param("convert: {lead: lia, as: ada}", "convert.as: 'ada' is not a mapping of names to values", id="as"),
    pytest.param(
        "convert: {lead: lia, as: {task: x}}",
        "convert.as.task: there is no such key; the keys are person, company and opportunity",
        id="as-key",
    ),
    pytest.param(
        "convert: {lead: lia, person: {title: Dr}}",
        "convert.person.title: a person of a conversion has no such field; its fields are name, contact_type_id",
        id="field-of-a-conversion",
    ),
    pytest.param(
        "convert: {lead: lia, company: {id: {record: ada}}}",
        "convert.company.id.record: 'ada' is of type person, not company",
        id="record-in-a-conversion",
    ),
    pytest.param("relate: {records: ada, to: crowd}", "relate.to: 'crowd' stands for 61 records", id="relate-to-many"),
    pytest.param(
        "relate: {records: [ada, acme], to: deal}", "relate.records: 'acme' is of type company, not person", id="mixed"
    ),
    pytest.param(
        "relate: {records: lia, to: ada}",
        "relate.to: a lead cannot be related to a person; it can be to task",
        id="relation",
    ),
    pytest.param(
        "unrelate: {records: lia, from: ada}",
        "unrelate.from: a lead cannot be related to a person; it can be to task",
        id="unrelation",
    ),
    pytest.param(
        "define: {name: Level, data_type: Textual, available_on: [person]}",
        "define.data_type: there is no data type 'Textual'; did you mean 'Text'? The data types are String, Text",
        id="data-type",
    ),
    pytest.param(
        "define: {name: Level, data_type: Text, available_on: [activity_log]}",
        "define.available_on[1]: there is no type with custom fields 'activity_log'; the types with "
        "custom fields are lead, person",
        id="available-on",
    ),
    pytest.param(
        "define: {name: Level, data_type: MultiSelect, available_on: [person], options: [Gold]}",
        "define.options: can't be blank. A MultiSelect has at least 2.",
        id="options",
    ),
    pytest.param(
        "lookup: {table: userz, add: {name: Ada}}",
        "lookup.table: there is no lookup table 'userz'; did you mean 'users'? The lookup tables are "
        "users, lead_statuses",
        id="table",
    ),
    pytest.param(
        "account: {}",
        "account: needs at least one of name, primary_timezone, settings and logo_mini_url",
        id="no-change",
    ),
    pytest.param("account: {colour: red}", "account.colour: ", id="no-such-detail"),
    pytest.param("lookup: {table: users, add: {name: Ada}}", "lookup.add.email: can't be blank", id="missing-of-entry"),
    pytest.param(
        "lookup: {table: users, add: {name: Ada, email: a@example.com, age: 7}}",
        "lookup.add: Unrecognized attributes specified: age. There is no attribute 'age' here; the "
        "attributes are name, email and groups.",
        id="unknown-of-entry",
    ),
]


@pytest.mark.parametrize(("step", "says"), FAULTS)
def test_a_mistake_in_an_action_on_records_is_named_with_its_line_and_key(step: str, says: str) -> None:
    text = story(f"""
        - create: {{type: person, as: ada}}
        - create: {{type: person, as: crowd, count: 61}}
        - create: {{type: company, as: acme}}
        - create: {{type: lead, as: lia}}
        - create: {{type: opportunity, as: deal}}
        - {step}
    """)

    assert mistake_in(text).startswith(f"story.yaml:11: steps[6].{says}")


def test_names_that_a_conversion_or_a_seed_gives_are_known_from_then_on() -> None:
    text = story("""
        - seed: {type: lead, as: lia}
        - seed: {type: person, as: crowd, rows: [{name: Ada}, {name: Bob}]}
        - convert: {lead: lia, as: {person: ada}}
        - merge: {winner: ada, loser: crowd}
        - update: {records: [ada, lia], fields: {name: Ada}}
        - fire: {topic: company/new, ids: [5, 5], as: acme}
        - create: {type: person, fields: {company_id: {record: acme}}}
    """)

    assert mistake_in(text).splitlines() == [
        "story.yaml:9: steps[4].merge.loser: 'crowd' stands for 2 records; only one is allowed here",
        "story.yaml:10: steps[5].update.records: 'lia' is of type lead, not person",
    ]


def test_a_definition_that_cannot_be_twice_is_known_to_be_there() -> None:
    text = story("""
        - lookup: {table: loss_reasons, add: {id: 7, name: Moved}}
        - lookup: {table: loss_reasons, add: {id: 7, name: Moved away}}
    """)

    assert mistake_in(text) == "story.yaml:7: steps[2].lookup.add.id: is already there"


# --- bodies as they stand -----------------------------------------------------------------------------------


def test_a_body_is_delivered_as_it_stands_outside_subscriptions_and_limits() -> None:
    """A forged one: no one has subscribed to it, and it has no secret."""
    played = performed(
        story_of_all("""
            - create: {type: person, as: ada}
            - expect: {topic: person/new, records: ada}
            - replay: {target: /hook, body: {type: person, event: delete, ids: [{record: ada}], extra: 1}}
            - expect: {topic: person/delete, records: ada, count: 1, body: {extra: 1}}
            - expect_none: {}
        """)
    )

    assert played.passed, played.result.failure or played.verdict


def test_a_body_that_is_no_notification_fails_its_step() -> None:
    failure = failure_of(story_of_all("- replay: {target: /hook, body: {type: task}}"))

    assert "deliver a body again: task/None -> /hook\nthis is not a captured notification" in failure


def test_a_number_behind_a_name_is_one_of_several_records() -> None:
    passes(
        story_of_all("""
            - create: {type: person, as: crowd, count: 3}
            - expect: {topic: person/new, records: crowd}
            - update: {records: crowd.2, fields: {title: second}}
            - expect: {topic: person/update, records: crowd.2, count: 1}
            - delete: {records: [crowd.1, crowd.3]}
            - expect: {topic: person/delete, records: [crowd.1, crowd.3], count: 1}
        """)
    )
