"""One full record of each type as a client sends and reads it, with names, order and values from the documentation
and from recorded answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.shell.api.client import Client

ADDRESS = {
    "street": "301 Howard St Ste 600",
    "city": "San Francisco",
    "state": "CA",
    "postal_code": "94105",
    "country": "US",
}
WORK_PHONE = [{"number": "(908) 555-2941", "category": "work"}]
TWITTER = [{"url": "twitter.com/ada", "category": "twitter"}]
WEBSITE = [{"url": "www.workwebsite.com", "category": "work"}]
NOTE = {"category": "user", "id": 0}


@dataclass(frozen=True)
class Sample:
    """A type: the minimum that a create needs, everything it may have, what it answers, and its keys in order."""

    kind: str
    plural: str
    least: dict[str, Any]
    full: dict[str, Any]
    keys: str

    @property
    def order(self) -> list[str]:
        return self.keys.split()


SAMPLES = [
    Sample(
        "lead",
        "leads",
        {"name": "Ada Lovelace"},
        {
            "name": "Test Lead",
            "address": ADDRESS,
            "assignee_id": 137658,
            "company_name": "Lead's Company",
            "customer_source_id": 331241,
            "details": "This is an update",
            "email": {"email": "address@workemail.com", "category": "work"},
            "monetary_unit": "USD",
            "monetary_value": 100,
            "socials": TWITTER,
            "status_id": 208232,
            "tags": ["tag 1", "tag 2"],
            "title": "Title",
            "websites": WEBSITE,
            "phone_numbers": WORK_PHONE,
        },
        "id name prefix first_name last_name middle_name suffix address assignee_id company_name customer_source_id "
        "details email interaction_count monetary_unit monetary_value converted_unit converted_value socials status "
        "status_id tags title websites phone_numbers custom_fields date_created date_modified date_last_contacted "
        "converted_opportunity_id converted_contact_id converted_at",
    ),
    Sample(
        "person",
        "people",
        {"name": "Ada Lovelace"},
        {
            "name": "Person Two",
            "address": ADDRESS,
            "assignee_id": 137658,
            "company_id": "{company}",
            "contact_type_id": 451490,
            "details": "Details",
            "emails": [{"email": "a@b.example", "category": "work"}],
            "phone_numbers": WORK_PHONE,
            "socials": TWITTER,
            "tags": ["treasurer"],
            "title": "Treasurer",
            "websites": WEBSITE,
        },
        "id name prefix first_name middle_name last_name suffix address assignee_id company_id company_name "
        "contact_type_id details emails phone_numbers socials tags title websites custom_fields date_created "
        "date_modified date_last_contacted interaction_count leads_converted_from date_lead_created",
    ),
    Sample(
        "company",
        "companies",
        {"name": "Analytical Engines"},
        {
            "name": "Demo Company",
            "address": ADDRESS,
            "assignee_id": 137658,
            "contact_type_id": 451491,
            "details": "This is a demo company",
            "email_domain": "demo.example",
            "phone_numbers": WORK_PHONE,
            "primary_contact_id": "{person}",
            "socials": TWITTER,
            "tags": ["customer"],
            "websites": WEBSITE,
        },
        "id name address assignee_id contact_type_id details email_domain phone_numbers primary_contact_id socials "
        "tags websites custom_fields interaction_count date_created date_modified",
    ),
    Sample(
        "opportunity",
        "opportunities",
        {"name": "Ten engines"},
        {
            "name": "Company2",
            "assignee_id": 137658,
            "close_date": "11/10/2018",
            "company_id": "{company}",
            "customer_source_id": 331240,
            "details": "Details",
            "loss_reason_id": 308583,
            "pipeline_id": 213214,
            "pipeline_stage_id": 987791,
            "primary_contact_id": "{person}",
            "priority": "High",
            "status": "Won",
            "tags": ["big"],
            "monetary_unit": "USD",
            "monetary_value": 77000.0,
            "win_probability": 40,
        },
        "id name assignee_id close_date company_id company_name customer_source_id details loss_reason_id pipeline_id "
        "pipeline_is_revenue pipeline_stage_id pipeline_type primary_contact_id priority status tags "
        "interaction_count monetary_unit monetary_value converted_unit converted_value win_probability "
        "date_stage_changed date_last_contacted leads_converted_from date_lead_created date_created date_modified "
        "custom_fields",
    ),
    Sample(
        "project",
        "projects",
        {"name": "Great project"},
        {
            "name": "Great project",
            "related_resource": {"id": "{company}", "type": "company"},
            "assignee_id": 137658,
            "status": "Completed",
            "details": "Details",
            "tags": ["internal"],
        },
        "id name related_resource assignee_id status details tags custom_fields date_created date_modified",
    ),
    Sample(
        "task",
        "tasks",
        {"name": "My First Task"},
        {
            "name": "My First Task",
            "related_resource": {"id": "{person}", "type": "person"},
            "assignee_id": 137658,
            "due_date": 1496799000,
            "reminder_date": 1496712856,
            "priority": "High",
            "status": "Open",
            "details": "Details",
            "tags": ["soon"],
            "custom_activity_type_id": 1,
        },
        "id name related_resource assignee_id due_date reminder_date completed_date priority status details tags "
        "custom_fields date_created date_modified custom_activity_type_id",
    ),
    Sample(
        "activity_log",
        "activities",
        {"parent": {"type": "person", "id": "{person}"}, "type": NOTE, "details": "Demo phone call"},
        {
            "parent": {"type": "company", "id": "{company}"},
            "type": {"category": "user", "id": 190711},
            "user_id": 137659,
            "details": "Demo phone call",
            "activity_date": 1496710783,
        },
        "id parent type user_id details activity_date old_value new_value date_created date_modified",
    ),
]


def filled(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    """A body in which `{person}` and `{company}` are replaced by existing records."""
    return {name: _filled(client, value) for name, value in body.items()}


def _filled(client: Client, value: Any) -> Any:
    if isinstance(value, dict):
        return filled(client, value)
    if value == "{person}":
        return client.ok("POST", "/people", {"name": "Somebody"})["id"]
    if value == "{company}":
        return client.ok("POST", "/companies", {"name": "Some Company"})["id"]
    return value
