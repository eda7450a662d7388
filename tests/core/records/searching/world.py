"""An account with a few records of each type to search among, and shortcuts for searching."""

from __future__ import annotations

from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.searching.search import find, parse_filters
from tests.core.builders import START, make_account
from tests.core.records.playing import (
    ACTIVITY,
    CALL,
    COMPANY,
    LEAD,
    NOTE,
    OPPORTUNITY,
    PERSON,
    PROJECT,
    TASK,
    email,
    seed,
)

FIRST_USER, SECOND_USER = 137_658, 137_659
COMPETITOR = 308_582
EMAIL_SOURCE, COLD_CALL = 331_240, 331_241
NEW, OPEN = 208_231, 208_232
POTENTIAL = 451_490
SALES, QUALIFIED, FOLLOW_UP, FIRST_MEETING = 213_214, 987_790, 987_791, 987_795


def names(account: Account, kind: EntityType, now: int = START, **filters: Any) -> list[str]:
    """The names of all records that a search finds, in its order."""
    store = account.records
    found = find(store, parse_filters(kind, filters, store), now)
    return [record["details" if kind is ACTIVITY else "name"] for record in found.records]


def town(city: str | None, state: str | None = None, postal_code: str | None = None, country: str | None = None) -> Any:
    return {"city": city, "state": state, "postal_code": postal_code, "country": country}


def phone(number: str) -> list[dict[str, str]]:
    return [{"number": number, "category": "work"}]


def make_world() -> Account:
    """Records with ids from 1 and something in every field that is searched."""
    account = make_account()
    companies(account)
    people(account)
    leads(account)
    opportunities(account)
    projects_and_tasks(account)
    activities(account)
    account.records.relate((PERSON, 2), (OPPORTUNITY, 2))
    return account


def companies(account: Account) -> None:
    seed(
        account,
        COMPANY,
        id=1,
        name="Acme",
        email_domain="Acme.example",
        address=town("Rome", "RM", "00100", "IT"),
        assignee_id=FIRST_USER,
        contact_type_id=POTENTIAL,
        primary_contact_id=1,
        phone_numbers=phone("+39 06 1234"),
        tags=["big"],
        websites=[{"url": "https://acme.example"}],
        socials=[{"url": "https://x.example/Acme", "category": "twitter"}],
        interaction_count=5,
        date_created=100,
        date_modified=300,
    )
    seed(account, COMPANY, id=2, name="Bolt", assignee_id=SECOND_USER, date_created=200, date_modified=200)
    seed(account, COMPANY, id=3, name="acme", date_created=300, date_modified=100)


def people(account: Account) -> None:
    seed(
        account,
        PERSON,
        id=1,
        name="Ada Lovelace",
        title="Countess",
        emails=[email("ada@acme.example"), email("Ada@home.example", "personal")],
        phone_numbers=[*phone("(415) 999-4321"), *phone("x")],
        address=town("Rome", "RM", "00100", "IT"),
        assignee_id=FIRST_USER,
        contact_type_id=POTENTIAL,
        company_id=1,
        tags=["big", "old"],
        socials=[{"url": "https://x.example/Ada", "category": "twitter"}],
        interaction_count=3,
        date_last_contacted=900,
        date_created=100,
        date_modified=300,
    )
    seed(
        account,
        PERSON,
        id=2,
        name="Bob Babbage",
        emails=[email("bob@bolt.example")],
        phone_numbers=phone("415.999.4322"),
        address=town("oslo"),
        assignee_id=SECOND_USER,
        company_id=2,
        tags=["big"],
        interaction_count=1,
        date_last_contacted=500,
        date_created=200,
        date_modified=200,
    )
    seed(account, PERSON, id=3, name="Cyd", address=town(None, "RM"), date_created=300, date_modified=100)


def leads(account: Account) -> None:
    seed(
        account,
        LEAD,
        id=1,
        name="Ann Van Dyke",
        email=email("Ann@acme.example"),
        company_name="Acme",
        title="Boss",
        status_id=NEW,
        customer_source_id=EMAIL_SOURCE,
        monetary_value=100,
        monetary_unit="EUR",
        assignee_id=SECOND_USER,
        phone_numbers=phone("1"),
        address=town("Rome"),
        date_last_contacted=500,
        interaction_count=1,
    )
    seed(account, LEAD, id=2, name="Ben", status_id=OPEN, customer_source_id=COLD_CALL, monetary_value=99.5)
    seed(account, LEAD, id=3, name="Cal", status_id=OPEN)
    seed(account, LEAD, id=4, name="Dan", status_id=OPEN, converted_at=1_000)


def opportunities(account: Account) -> None:
    seed(
        account,
        OPPORTUNITY,
        id=1,
        name="Anvils",
        primary_contact_id=1,
        company_id=1,
        pipeline_stage_id=FOLLOW_UP,
        status="Lost",
        loss_reason_id=COMPETITOR,
        priority="High",
        customer_source_id=EMAIL_SOURCE,
        close_date="1/23/2017",
        monetary_value=100,
        monetary_unit="USD",
        win_probability=10,
        assignee_id=FIRST_USER,
        interaction_count=2,
        date_stage_changed=700,
        date_last_contacted=800,
    )
    seed(
        account,
        OPPORTUNITY,
        id=2,
        name="Bricks",
        company_id=3,
        pipeline_stage_id=FIRST_MEETING,
        status="Won",
        close_date="12/1/2016",
        customer_source_id=COLD_CALL,
        monetary_value=50,
        date_stage_changed=600,
    )
    seed(account, OPPORTUNITY, id=3, name="Cords", priority="Low", date_stage_changed=500, win_probability=70)


def projects_and_tasks(account: Account) -> None:
    seed(account, PROJECT, id=1, name="Alpha", status="Completed", related_resource={"id": 1, "type": "person"})
    seed(account, PROJECT, id=2, name="Beta", assignee_id=FIRST_USER)
    seed(
        account,
        TASK,
        id=1,
        name="Call the Mayor",
        related_resource={"id": 1, "type": "project"},
        assignee_id=FIRST_USER,
        status="Completed",
        priority="High",
        due_date=2_000,
        reminder_date=1_500,
        completed_date=3_000,
        tags=["soon"],
    )
    seed(account, TASK, id=2, name="Bake", related_resource={"id": 1, "type": "opportunity"}, due_date=1_000)
    seed(account, TASK, id=3, name="Cry")


def activities(account: Account) -> None:
    company, person = {"id": 1, "type": "company"}, {"id": 1, "type": "person"}
    seed(account, ACTIVITY, id=1, parent=company, type=CALL, details="called", activity_date=400, user_id=FIRST_USER)
    seed(account, ACTIVITY, id=2, parent=company, type=NOTE, details="noted", activity_date=600, user_id=SECOND_USER)
    seed(account, ACTIVITY, id=3, parent=person, type=NOTE, details="written", activity_date=500, user_id=FIRST_USER)
