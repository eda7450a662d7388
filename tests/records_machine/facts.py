"""What the model of the records takes as given: the fields of each type, and what a new account has in its tables."""

from __future__ import annotations

from typing import Any, NamedTuple

Row = dict[str, Any]


class Definition(NamedTuple):
    """A custom field: what it shows where nothing was ever set, and its options."""

    name: str
    data_type: str
    blank: Any
    options: dict[int, str]
    kinds: tuple[str, ...] = ("lead", "person", "company", "opportunity")


FRUITS, SIZE, VIP, SCORE = 705_303, 705_304, 705_305, 705_306
DEFINITIONS = {
    FRUITS: Definition("Fruits", "MultiSelect", [], {1: "Apples", 2: "Bananas", 3: "Cherries"}),
    SIZE: Definition("Size", "Dropdown", None, {11: "Small", 12: "Large"}, ("lead", "person", "opportunity", "task")),
    VIP: Definition("VIP", "Checkbox", False, {}),
    SCORE: Definition("Score", "Float", None, {}, ("lead", "person", "project")),
}

USERS = {137_658: "Demo User", 137_659: "Second User"}
STATUSES = {208_231: "New", 208_232: "Open", 208_233: "Unqualified", 208_234: "Junk"}
CONTACT_TYPES = (451_490, 451_491, 451_492, 451_493)
STAGES = {
    987_790: ("Qualified", 213_214, 5),
    987_791: ("Follow-up", 213_214, 10),
    987_792: ("Presentation", 213_214, 20),
    987_793: ("Contract Sent", 213_214, 40),
    987_794: ("Negotiation", 213_214, 80),
    987_795: ("First Meeting", 213_215, 10),
    987_796: ("Partner Meeting", 213_215, 25),
    987_797: ("Negotiation", 213_215, 50),
    987_798: ("Term Sheet", 213_215, 75),
}
"""Name, pipeline and win probability of each."""
FIRST_STAGE = {213_214: 987_790, 213_215: 987_795}
NOTE, CALL = 0, 190_711
"""Types of activities; only the second counts as an interaction."""

ENDED, DONE = ("Open", "Won", "Lost", "Abandoned"), ("Open", "Completed")
ORDER = [*STATUSES.values(), *ENDED[1:], *DONE[1:], "None", "Low", "Medium", "High"]
"""In which words for statuses and priorities are sorted."""


def _blank(nothing: str, lists: str = "", **others: Any) -> Row:
    dates = dict.fromkeys(("date_created", "date_modified"))
    return {"id": None, **dict.fromkeys(nothing.split()), **{name: [] for name in lists.split()}, **others, **dates}


_PERSON = "name prefix first_name middle_name last_name suffix address assignee_id details title date_last_contacted "
_FROM_LEAD: Row = {"leads_converted_from": [], "date_lead_created": None, "interaction_count": 0}

BLANK: dict[str, Row] = {
    "lead": _blank(
        _PERSON + "company_name customer_source_id email monetary_unit monetary_value converted_opportunity_id "
        "converted_contact_id converted_at",
        "tags socials websites phone_numbers",
        interaction_count=0,
        status_id=208_231,
    ),
    "person": _blank(
        _PERSON + "company_id",
        "tags emails socials websites phone_numbers",
        contact_type_id=451_492,
        **_FROM_LEAD,
    ),
    "company": _blank(
        "name address assignee_id contact_type_id details email_domain primary_contact_id",
        "tags socials websites phone_numbers",
        interaction_count=0,
    ),
    "opportunity": _blank(
        "name assignee_id close_date company_id customer_source_id details loss_reason_id pipeline_id pipeline_stage_id "
        "primary_contact_id monetary_unit monetary_value converted_unit converted_value win_probability "
        "date_stage_changed date_last_contacted",
        "tags",
        priority="None",
        status="Open",
        **_FROM_LEAD,
    ),
    "project": _blank("name related_resource assignee_id details", "tags", status="Open"),
    "task": _blank(
        "name assignee_id due_date reminder_date completed_date details",
        "tags",
        related_resource={"id": None, "type": None},
        priority="None",
        status="Open",
        custom_activity_type_id=3,
    ),
    "activity_log": _blank("parent type user_id details activity_date old_value new_value"),
}
"""A new record of each type of which nothing was said; custom fields and what other records tell are not among it."""
for _kind, _row in BLANK.items():
    if _kind != "activity_log":
        _row["custom_fields"] = {each: one.blank for each, one in DEFINITIONS.items() if _kind in one.kinds}

REQUIRED = {kind: ("parent", "type", "details") if kind == "activity_log" else ("name",) for kind in BLANK}
COPPERS_OWN = {"id", "date_created", "date_modified", "interaction_count", "date_last_contacted", "completed_date"}
"""Written by Copper alone; what a body says of it is ignored."""
ONCE = {"related_resource", "parent", "type"}
"""Written when a record is created; later ignored. So is the company of a person."""
QUIET = {*COPPERS_OWN, "leads_converted_from", "date_lead_created", "date_stage_changed", "related_resource"} - {
    "completed_date"
}
"""Metadata and relations: changes of them are told to nobody. So are those of the company of a person."""
ON_NULL = {"status_id": 208_231, "status": "New", "contact_type_id": 451_492, "priority": "None"}
"""What null makes of a field that is never without a value."""
KEPT = {"pipeline_id", "pipeline_stage_id", "custom_fields", "activity_date", "user_id"}
"""What null leaves as it is. So with the status of all but leads."""

NAMED = {"company_id": "company", "primary_contact_id": "person"}
"""Fields that are relations, and the type they lead to."""
RELATED = {
    frozenset(pair.split())
    for pair in (
        *("lead task", "person company", "person opportunity", "person task", "person project", "company opportunity"),
        *("company task", "company project", "opportunity task", "opportunity project", "project task"),
    )
}
"""Which types can be related."""

FIELD_OF = {
    **{"ids": "id", "assignee_ids": "assignee_id", "status_ids": "status_id", "contact_type_ids": "contact_type_id"},
    **{"company_ids": "company_id", "primary_contact_ids": "primary_contact_id", "pipeline_ids": "pipeline_id"},
    **{"pipeline_stage_ids": "pipeline_stage_id", "statuses": "status", "priorities": "priority"},
    **{"user_ids": "user_id"},
}
"""Filters with a list of values, and the field that has one of them."""
BOUND_OF = {
    **{"created_date": "date_created", "modified_date": "date_modified", "interaction_date": "date_last_contacted"},
    **{"stage_change_date": "date_stage_changed"},
}
"""Fields whose filters from and to have another name."""
SORTED_BY = {"value": "monetary_value", "last_interaction": "date_last_contacted", "deal_last_stage": "date_stage_changed"}
"""Names to sort by that are not the field's own."""
