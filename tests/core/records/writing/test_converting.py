"""A lead that becomes a person, a company and an opportunity."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.records import commands
from copper_emulator.core.records.record import Record
from copper_emulator.core.rules import Conversion
from tests.core.builders import MINUTE, START, make_account
from tests.core.records.playing import (
    ACTIVITY,
    COMPANY,
    LEAD,
    NOW,
    OPPORTUNITY,
    PERSON,
    TASK,
    custom,
    define,
    email,
    everything,
    get,
    log,
    make,
    seed,
    told,
    unchanged,
)

LATER = START + MINUTE
FACTS = "Invalid input: Validation errors: "


def convert(account: Account, lead: int, **details: Any) -> dict[str, Record]:
    return account.act(commands.convert(lead, {"details": details} if details else {}), LATER)


# --- what becomes of it -----------------------------------------------------------------------------------


def test_a_lead_becomes_a_person_with_a_company_and_is_gone() -> None:
    """Observed (an integrator's live test): the lead is removed, and a person alone still gets a company."""
    account = make_account()
    lead = make(account, LEAD, name="Ada Lovelace")

    made = convert(account, lead, person={"name": "Ada Lovelace"})

    assert list(made) == ["person", "company"]
    person, company = made["person"], made["company"]
    assert (person.name, person.first_name, person.company_id) == ("Ada Lovelace", "Ada", company.id)
    assert (company.name, person.company_name) == ("Ada Lovelace", "Ada Lovelace")
    assert person.leads_converted_from == [{"lead_id": lead, "converted_timestamp": LATER // 1000}]
    assert person.date_lead_created == NOW
    with pytest.raises(NotFound):
        get(account, LEAD, lead)


def test_the_exchange_of_the_documentation() -> None:
    """Developer docs, 2019, except for stage 12345 of the request, which is not in the answer's pipeline.

    The person existed (created 1490045010) and keeps its name; company and opportunity are created by the call.
    """
    account = make_account()
    kinds = [str(kind) for kind in (LEAD, PERSON, COMPANY, OPPORTUNITY)]
    for number, name, data_type in ((100_764, "Short", "String"), (103_481, "Long", "Text")):
        body = {"id": number, "name": name, "data_type": data_type, "available_on": kinds}
        account.records.catalogue.add("custom_field_definitions", body)
    values = [
        custom(100_764, "Text fields are 255 chars or less!"),
        custom(103_481, "Text area fields can have long text content"),
    ]
    address = email("mylead@noemail.com")
    seed(account, PERSON, id=27_140_359, name="My Contact", emails=[address], custom_fields=values)
    lead = make(account, LEAD, name="My Lead", email=address, custom_fields=values)

    made = convert(
        account,
        lead,
        person={"name": "John Doe"},
        opportunity={"name": "Demo Project", "pipeline_id": 213_214, "monetary_value": 1000},
    )

    none = dict.fromkeys(("address", "details"))
    lists: dict[str, Any] = {name: [] for name in ("phone_numbers", "socials", "tags", "websites")}
    company = made["company"].id
    shown = {
        "person": {
            "id": 27_140_359,
            "name": "My Contact",
            "first_name": "My",
            "last_name": "Contact",
            "assignee_id": None,
            "company_id": company,
            "company_name": "Noemail",
            "contact_type_id": 451_492,
            "emails": [address],
            **none,
            **lists,
            "prefix": None,
            "middle_name": None,
            "suffix": None,
            "title": None,
        },
        "company": {
            "id": company,
            "name": "Noemail",
            "email_domain": "noemail.com",
            "assignee_id": 137_658,
            "contact_type_id": 451_490,
            **none,
            **lists,
        },
        "opportunity": {
            "name": "Demo Project",
            "assignee_id": None,
            "close_date": None,
            "company_id": company,
            "company_name": "Noemail",
            "customer_source_id": None,
            "details": "",
            "loss_reason_id": None,
            "pipeline_id": 213_214,
            "pipeline_stage_id": 987_790,
            "primary_contact_id": 27_140_359,
            "priority": None,
            "status": "Open",
            "tags": [],
            "monetary_value": 1000,
            "win_probability": 0,
        },
    }
    assert list(made) == list(shown)
    for part, expected in shown.items():
        assert {name: made[part][name] for name in expected} == expected, part
        assert sorted(made[part].custom_fields, key=lambda each: each["custom_field_definition_id"]) == values, part
        assert made[part].interaction_count == 0


def test_everything_is_told_in_order() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada", company_name="Engines")

    made = convert(account, lead, opportunity={})

    assert told(account, 1) == [
        ("company/new", (made["company"].id,)),
        ("person/new", (made["person"].id,)),
        ("opportunity/new", (made["opportunity"].id,)),
        ("lead/delete", (lead,)),
    ]


def test_a_converted_lead_can_stay() -> None:
    account = make_account(lead_conversion=Conversion.UPDATE)
    lead = make(account, LEAD, name="Ada")

    made = convert(account, lead, opportunity={"name": "Engine"})

    record = get(account, LEAD, lead)
    assert record.converted_at == LATER // 1000
    assert record.converted_contact_id == made["person"].id
    assert record.converted_opportunity_id == made["opportunity"].id
    assert told(account)[-1] == ("lead/update", (lead,))
    assert account.journal.changes[-1].updated_attributes == {
        "converted_at": [None, LATER // 1000],
        "converted_contact_id": [None, made["person"].id],
        "converted_opportunity_id": [None, made["opportunity"].id],
    }


def test_a_lead_is_converted_once() -> None:
    account = make_account(lead_conversion=Conversion.UPDATE)
    lead = make(account, LEAD, name="Ada")
    convert(account, lead)
    before = everything(account)

    with pytest.raises(Invalid, match="Base: Lead has already been converted"):
        convert(account, lead)

    assert everything(account) == before
    assert get(account, LEAD, lead).converted_opportunity_id is None


# --- the person -------------------------------------------------------------------------------------------


def test_a_new_person_has_what_the_lead_had() -> None:
    account = make_account()
    kept: dict[str, Any] = {
        "address": {"street": None, "city": "London", "state": None, "postal_code": None, "country": "GB"},
        "phone_numbers": [{"number": "1", "category": "work"}],
        "socials": [{"url": "a.example", "category": "other"}],
        "websites": [{"url": "a.example", "category": "work"}],
        "tags": ["a", "b"],
        "title": "Countess",
        "details": "Met in London",
        "assignee_id": 137_659,
        "middle_name": "King",
    }
    lead = make(account, LEAD, name="Ada Lovelace", email=email("ada@a.example"), **kept)

    person = convert(account, lead)["person"]

    assert {name: person[name] for name in kept} == kept
    assert person.emails == [email("ada@a.example")]
    assert account.records.owner(PERSON, "ada@a.example") == person.id


def test_what_the_body_says_of_the_person_stands() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada Lovelace", assignee_id=137_659, middle_name="King")
    said = {"name": "Ada Byron", "contact_type_id": 451_491, "assignee_id": 137_658}

    made = convert(account, lead, person=said)

    person = made["person"]
    assert {name: person[name] for name in said} == said
    assert (person.first_name, person.middle_name, person.last_name) == ("Ada", None, "Byron")
    assert made["company"].name == "Ada Byron"


@pytest.mark.parametrize("person", [None, {}, {"name": None}, {"name": " "}], ids=repr)
def test_a_person_without_a_name_has_the_leads(person: Any) -> None:
    account = make_account()

    assert convert(account, make(account, LEAD, name="Ada"), person=person)["person"].name == "Ada"


def test_custom_fields_go_where_the_type_has_them() -> None:
    account = make_account()
    colour = define(account, "Colour", "String", LEAD, PERSON, COMPANY)
    shape = define(account, "Shape", "String", LEAD, OPPORTUNITY)
    lead = make(account, LEAD, name="Ada", custom_fields=[custom(colour, "red"), custom(shape, "round")])

    made = convert(account, lead, opportunity={})

    assert made["person"].custom_fields == made["company"].custom_fields == [custom(colour, "red")]
    assert made["opportunity"].custom_fields == [custom(shape, "round")]
    assert account.records.stored(COMPANY, made["company"].id)["custom_fields"] == {colour: "red"}


def test_a_person_with_the_leads_email_is_the_one() -> None:
    account = make_account()
    engines = make(account, COMPANY, name="Engines")
    ada = make(account, PERSON, name="Ada", emails=[email("Ada@a.example")], title="Countess", company_id=engines)
    lead = make(account, LEAD, name="A. L.", email=email("ada@A.example"), title="Poet", details="Met", tags=["a"])
    before = len(account.journal.changes)

    made = convert(account, lead)

    person = made["person"]
    assert (person.id, person.name, person.title, person.details) == (ada, "Ada", "Countess", "Met")
    assert made["company"].id == engines
    assert person.leads_converted_from == [{"lead_id": lead, "converted_timestamp": LATER // 1000}]
    assert told(account, before) == [("person/update", (ada,)), ("lead/delete", (lead,))]
    assert account.journal.changes[before].updated_attributes == {"details": [None, "Met"], "tags": [[], ["a"]]}


def test_a_person_who_gains_nothing_is_not_updated() -> None:
    account = make_account()
    ada = make(account, PERSON, name="Ada", emails=[email("ada@a.example")])
    lead = make(account, LEAD, name="Ada", email=email("ada@a.example"))
    before = len(account.journal.changes)

    made = convert(account, lead)

    assert told(account, before) == [("company/new", (made["company"].id,)), ("lead/delete", (lead,))]
    assert unchanged(account) == [f"person/update [{ada}]: the values were the same"]
    assert (made["person"].company_id, made["person"].date_modified) == (made["company"].id, NOW)


# --- the company ------------------------------------------------------------------------------------------


def test_the_company_that_is_named_by_its_id_is_joined() -> None:
    account = make_account()
    engines = make(account, COMPANY, name="Engines")
    lead = make(account, LEAD, name="Ada", company_name="Mills")

    made = convert(account, lead, company={"id": engines})

    assert (made["company"].id, made["person"].company_id) == (engines, engines)
    assert account.records.relations.has((PERSON, made["person"].id), (COMPANY, engines))
    assert [topic for topic, _ in told(account, 2)] == ["person/new", "lead/delete"]


@pytest.mark.parametrize("name", ["Engines", "eNGINES", " engines "])
def test_a_company_of_that_name_is_joined_whatever_its_case(name: str) -> None:
    account = make_account()
    make(account, COMPANY, name="Mills")
    engines = make(account, COMPANY, name="Engines")
    lead = make(account, LEAD, name="Ada")

    assert convert(account, lead, company={"name": name, "exact_match": True})["company"].id == engines


def test_another_name_makes_a_company() -> None:
    account = make_account()
    engines = make(account, COMPANY, name="Engines Ltd")
    lead = make(account, LEAD, name="Ada", assignee_id=137_659)

    company = convert(account, lead, company={"name": "Engines"})["company"]

    assert company.id != engines
    assert (company.name, company.assignee_id) == ("Engines", 137_659)


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_no_company(name: str) -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada", company_name="Engines")

    made = convert(account, lead, company={"name": name})

    assert list(made) == ["person"]
    assert made["person"].company_id is None
    assert account.records.of(COMPANY) == {}


@pytest.mark.parametrize(
    ("company_name", "name"), [("Engines", "Engines"), ("", "Ada"), (" ", "Ada"), (None, "Ada")], ids=repr
)
@pytest.mark.parametrize("company", [None, {}, {"exact_match": True}], ids=repr)
def test_where_nothing_is_said_it_is_the_leads_company_or_called_like_the_person(
    company: Any, company_name: str | None, name: str
) -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada", company_name=company_name)

    assert convert(account, lead, company=company)["company"].name == name


@pytest.mark.parametrize(
    ("address", "name", "domain"),
    [
        ("ada@noemail.com", "Noemail", "noemail.com"),
        ("Ada@ANALYTICAL-Engines.example", "Analytical-engines", "analytical-engines.example"),
        ("ada@mail.engines.example", "Engines", "engines.example"),
        ("ada@engines.co.uk", "Engines", "engines.co.uk"),
        ("ada@Mail.Engines.com.AU", "Engines", "engines.com.au"),
        # The shop of this name, which is under no such suffix.
        ("ada@co.example", "Co", "co.example"),
        ("ada@gmail.test", "Gmail", "gmail.test"),
        ("ada@localhost", "Localhost", "localhost"),
        # Anyone can have an address there.
        ("ada@gmail.com", "Ada", None),
        ("ada@[127.0.0.1]", "Ada", None),
        ("ada@Yahoo.com", "Ada", None),
        ("ada@mail.yahoo.com", "Ada", None),
        # Nobody's: others register domains under it.
        ("ada@co.uk", "Ada", None),
        ("ada@.co.uk", "Ada", None),
        ("ada@mail..example", "Ada", None),
        ("ada@.example", "Ada", None),
    ],
)
@pytest.mark.parametrize("company_name", [None, "", " "], ids=repr)
def test_where_nothing_tells_the_company_the_email_address_does(
    company_name: str | None, address: str, name: str, domain: str | None
) -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada", email=email(address), company_name=company_name)

    company = convert(account, lead)["company"]

    assert (company.name, company.email_domain) == (name, domain)


def test_the_company_that_has_the_domain_is_joined() -> None:
    account = make_account()
    make(account, COMPANY, name="Engines")
    mills = make(account, COMPANY, name="Mills", email_domain="Engines.example")
    lead = make(account, LEAD, name="Ada", email=email("ada@engines.EXAMPLE"))
    before = len(account.journal.changes)

    made = convert(account, lead)

    assert (made["company"].id, made["person"].company_id) == (mills, mills)
    assert [topic for topic, _ in told(account, before)] == ["person/new", "lead/delete"]


@pytest.mark.parametrize("domain", ["mail.engines.co.uk", "engines.co.uk"])
def test_the_company_that_has_the_domain_or_its_registered_part_is_joined(domain: str) -> None:
    account = make_account()
    mills = make(account, COMPANY, name="Mills", email_domain=domain)
    lead = make(account, LEAD, name="Ada", email=email("ada@mail.engines.co.uk"))

    assert convert(account, lead)["company"].id == mills


def test_of_two_companies_the_one_that_has_all_of_the_domain_is_joined() -> None:
    account = make_account()
    make(account, COMPANY, name="Mills", email_domain="engines.co.uk")
    whole = make(account, COMPANY, name="Mail", email_domain="mail.engines.co.uk")
    lead = make(account, LEAD, name="Ada", email=email("ada@mail.engines.co.uk"))

    assert convert(account, lead)["company"].id == whole


def test_the_company_that_is_called_like_the_domain_is_joined_as_it_is() -> None:
    account = make_account()
    engines = make(account, COMPANY, name="ENGINES", email_domain="engines.org")
    lead = make(account, LEAD, name="Ada", email=email("ada@engines.example"))

    company = convert(account, lead)["company"]

    assert (company.id, company.name, company.email_domain) == (engines, "ENGINES", "engines.org")


@pytest.mark.parametrize(
    ("said", "company_name", "name"),
    [({"name": "Mills"}, "Engines", "Mills"), (None, "Engines", "Engines")],
    ids=["named", "the lead's"],
)
def test_a_company_with_a_name_does_not_get_the_domain(said: Any, company_name: str, name: str) -> None:
    account = make_account()
    make(account, COMPANY, name="Noemail", email_domain="noemail.com")
    lead = make(account, LEAD, name="Ada", email=email("ada@noemail.com"), company_name=company_name)

    company = convert(account, lead, company=said)["company"]

    assert (company.name, company.email_domain) == (name, None)


@pytest.mark.parametrize("said", [None, {"name": "Mills"}], ids=["not said", "named"])
@pytest.mark.parametrize(("own", "assignee"), [(None, 137_658), (137_659, 137_659)], ids=["nobody's", "somebody's"])
def test_a_company_that_is_made_is_the_leads_assignees_or_the_callers(
    own: int | None, assignee: int, said: Any
) -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada", assignee_id=own)

    made = convert(account, lead, company=said, opportunity={})

    assert (made["company"].assignee_id, made["company"].contact_type_id) == (assignee, 451_490)
    assert made["person"].assignee_id == made["opportunity"].assignee_id == own
    assert made["person"].contact_type_id == 451_492


@pytest.mark.parametrize("company", [{"id": True}, {"name": "Mills"}], ids=["by id", "by name"])
def test_a_known_person_joins_the_company_that_is_named(company: dict[str, Any]) -> None:
    account = make_account()
    engines, mills = make(account, COMPANY, name="Engines"), make(account, COMPANY, name="Mills")
    make(account, PERSON, name="Ada", emails=[email("ada@a.example")], company_id=engines)
    lead = make(account, LEAD, name="Ada", email=email("ada@a.example"))

    made = convert(account, lead, company={"id": mills} if "id" in company else company)

    assert (made["company"].id, made["person"].company_id) == (mills, mills)


def test_a_known_person_keeps_its_company_where_none_is_wanted() -> None:
    account = make_account()
    engines = make(account, COMPANY, name="Engines")
    make(account, PERSON, name="Ada", emails=[email("ada@a.example")], company_id=engines)
    lead = make(account, LEAD, name="Ada", email=email("ada@a.example"), company_name="Mills")

    made = convert(account, lead, company={"name": ""})

    assert list(made) == ["person"]
    assert made["person"].company_id == engines


# --- the opportunity --------------------------------------------------------------------------------------


def test_an_opportunity_has_the_leads_value_and_source_and_the_first_stage() -> None:
    account = make_account()
    lead = make(
        account,
        LEAD,
        name="Ada",
        company_name="Engines",
        monetary_value=7,
        monetary_unit="GBP",
        customer_source_id=331_241,
    )

    made = convert(account, lead, opportunity={})

    record = made["opportunity"]
    assert (record.name, record.monetary_value, record.monetary_unit) == ("Engines", 7, "GBP")
    assert (record.customer_source_id, record.pipeline_id, record.pipeline_stage_id) == (331_241, 213_214, 987_790)
    assert (record.primary_contact_id, record.company_id) == (made["person"].id, made["company"].id)
    assert record.leads_converted_from == [{"lead_id": lead, "converted_timestamp": LATER // 1000}]
    assert record.date_lead_created == NOW


def test_what_the_body_says_of_the_opportunity_stands() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada", monetary_value=7, assignee_id=137_658)
    said = {
        "name": "Engine",
        "pipeline_id": 213_215,
        "pipeline_stage_id": 987_796,
        "monetary_value": 8,
        "assignee_id": 137_659,
    }

    record = convert(account, lead, opportunity=said)["opportunity"]

    assert {name: record[name] for name in said} == said
    assert record.win_probability == 0


def test_an_opportunity_is_rated_by_its_next_stage() -> None:
    account = make_account()
    record_id = convert(account, make(account, LEAD, name="Ada"), opportunity={})["opportunity"].id
    whole = {**get(account, OPPORTUNITY, record_id)}
    before = len(account.journal.changes)

    account.act(commands.update(OPPORTUNITY, [record_id], whole), LATER)
    assert told(account, before) == []
    account.act(commands.update(OPPORTUNITY, [record_id], {"pipeline_stage_id": 987_791, "priority": "High"}), LATER)

    assert get(account, OPPORTUNITY, record_id).win_probability == 10
    attributes = account.journal.changes[-1].updated_attributes
    assert (attributes["win_probability"], attributes["priority"]) == ([0, 10], [None, "High"])


def test_a_pipeline_alone_means_its_first_stage() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")

    assert convert(account, lead, opportunity={"pipeline_id": 213_215})["opportunity"].pipeline_stage_id == 987_795


def test_an_opportunity_is_called_like_the_lead_where_there_is_no_company_name() -> None:
    account = make_account()

    assert convert(account, make(account, LEAD, name="Ada"), opportunity={})["opportunity"].name == "Ada"


def test_no_opportunity_is_made_that_is_not_asked_for() -> None:
    account = make_account()

    assert "opportunity" not in convert(account, make(account, LEAD, name="Ada"), opportunity=None)
    assert account.records.of(OPPORTUNITY) == {}


# --- what belonged to the lead ----------------------------------------------------------------------------


@pytest.mark.parametrize("conversion", Conversion)
def test_tasks_and_activities_go_to_the_person(conversion: Conversion) -> None:
    account = make_account(lead_conversion=conversion)
    lead = seed(account, LEAD, name="Ada", interaction_count=3)
    task = make(account, TASK, name="Call", related_resource={"type": "lead", "id": lead})
    call = log(account, LEAD, lead)
    before = len(account.journal.changes)

    person = convert(account, lead)["person"]

    there = {"type": "person", "id": person.id}
    assert get(account, TASK, task).related_resource == get(account, ACTIVITY, call).parent == there
    assert account.records.relations.of((TASK, task)) == [(PERSON, person.id)]
    assert (person.interaction_count, person.date_last_contacted) == (4, NOW)
    if conversion is Conversion.UPDATE:
        assert get(account, LEAD, lead).interaction_count == 0
    assert [topic for topic, _ in told(account, before)] == ["company/new", "person/new", f"lead/{conversion}"]


# --- what is refused --------------------------------------------------------------------------------------

WRONG: dict[str, tuple[Any, str, str]] = {
    "no object": ([], "Base: must be a JSON object", "a conversion is an object with details"),
    "details at the top": (
        {"person": {}},
        "Base: Unrecognized attributes specified: person",
        "the only attribute is details.",
    ),
    "details that are no object": (
        {"details": "Ada"},
        "Details: must be a JSON object",
        "details is a string; it has person, company, opportunity.",
    ),
    "an unknown part": (
        {"details": {"task": {}}},
        "Base: Unrecognized attributes specified: task",
        "the attributes are person, company and opportunity.",
    ),
    "a part that is no object": ({"details": {"person": 7}}, "Person: must be a JSON object", "person is a number"),
    "an unknown field": (
        {"details": {"person": {"name": "Ada", "title": "Countess"}}},
        "Base: Unrecognized attributes specified: title",
        "the attributes are name, contact_type_id and assignee_id.",
    ),
    "no text": ({"details": {"person": {"name": 7}}}, "Name: must be a string", ""),
    "a company's id and name": (
        {"details": {"company": {"id": 94_808_711, "name": "Engines"}}},
        "Company: is invalid",
        "It has an id or a name, not both.",
    ),
    "no such company": ({"details": {"company": {"id": 17}}}, "Id: must exist", "There is no company 17."),
    "no id": (
        {"details": {"company": {"id": "17"}}},
        "Id: Invalid value for Id: IDs must be positive integers: 17",
        "",
    ),
    "several things": (
        {"details": {"person": {"assignee_id": 17}, "opportunity": {"pipeline_id": 17, "colour": 1}}},
        "Assignee Id: must exist\nBase: Unrecognized attributes specified: colour\nPipeline Id: must exist",
        "There is no 17 among users",
    ),
}


@pytest.mark.parametrize(("body", "faults", "hint"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_body_changes_nothing(body: Any, faults: str, hint: str) -> None:
    account = make_account()
    make(account, COMPANY, name="Engines")
    lead = make(account, LEAD, name="Ada")
    before = everything(account)

    with pytest.raises(Invalid) as caught:
        account.act(commands.convert(lead, body), LATER)

    assert caught.value.message == FACTS + faults
    assert hint in caught.value.hint
    assert everything(account) == before


def test_there_has_to_be_such_a_lead() -> None:
    with pytest.raises(NotFound, match="There is no lead 17"):
        convert(make_account(), 17)


# --- always -----------------------------------------------------------------------------------------------


@given(
    known=st.booleans(),
    has_company=st.booleans(),
    company=st.sampled_from([None, {"name": ""}, {"name": "Engines"}, {"name": "Mills"}]),
    opportunity=st.sampled_from([None, {}, {"name": "Buy"}]),
    calls=st.integers(0, 3),
    tags=st.lists(st.sampled_from("abc"), unique=True),
    conversion=st.sampled_from(Conversion),
)
def test_a_conversion_conserves(
    *,
    known: bool,
    has_company: bool,
    company: Any,
    opportunity: Any,
    calls: int,
    tags: list[str],
    conversion: Conversion,
) -> None:
    """Afterwards there is one person, with all that belonged to the lead; nothing else is lost or duplicated."""
    account = make_account(lead_conversion=conversion)
    engines = make(account, COMPANY, name="Engines")
    if known:
        own = {"company_id": engines} if has_company else {}
        make(account, PERSON, name="Ada", emails=[email("ada@a.example")], tags=["z"], **own)
    lead = make(account, LEAD, name="A. L.", email=email("ada@a.example"), tags=tags)
    for _ in range(calls):
        log(account, LEAD, lead)

    made = convert(account, lead, company=company, opportunity=opportunity)

    person = made["person"]
    assert list(account.records.of(PERSON)) == [person.id]
    assert [each["email"] for each in person.emails] == ["ada@a.example"]
    assert set(tags) <= set(person.tags) <= {*tags, "z"}
    assert person.interaction_count == len(account.records.activities.of((PERSON, person.id))) == calls
    assert account.records.activities.of((LEAD, lead)) == []
    assert ("opportunity" in made) == (opportunity is not None) == bool(account.records.of(OPPORTUNITY))
    assert ("company" in made) == (company != {"name": ""})
    names = [each["name"] for each in account.records.of(COMPANY).values()]
    assert len(names) == len(set(names))
    if "company" in made:
        assert made["company"].id == person.company_id
    assert (lead in account.records.of(LEAD)) == (conversion is Conversion.UPDATE)
