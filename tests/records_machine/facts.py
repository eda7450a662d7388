"""What the model of the records takes as given: the fields of each type, what null does, a new account's tables."""

from __future__ import annotations

from typing import Any, NamedTuple

Row = dict[str, Any]


class Definition(NamedTuple):
    """A custom field; `blank` is what a record shows that never had a value."""

    name: str
    data_type: Any
    blank: Any
    options: dict[int, str]
    kinds: tuple[Any, ...] = ("lead", "person", "company", "opportunity")


FRUITS, SIZE, VIP, SCORE = 705_303, 705_304, 705_305, 705_306
DEFINITIONS = {
    FRUITS: Definition("Fruits", "MultiSelect", [], {1: "Apples", 2: "Bananas", 3: "Cherries"}),
    SIZE: Definition("Size", "Dropdown", None, {11: "Small", 12: "Large"}, ("lead", "person", "opportunity", "task")),
    VIP: Definition("VIP", "Checkbox", False, {}),
    SCORE: Definition("Score", "Float", None, {}, ("lead", "person", "project")),
}


class Stage(NamedTuple):
    """A stage of a pipeline."""

    name: str
    pipeline_id: int
    win_probability: int


STAGES = {
    987_790: Stage("Qualified", 213_214, 5),
    987_791: Stage("Follow-up", 213_214, 10),
    987_792: Stage("Presentation", 213_214, 20),
    987_793: Stage("Contract Sent", 213_214, 40),
    987_794: Stage("Negotiation", 213_214, 80),
    987_795: Stage("First Meeting", 213_215, 10),
    987_796: Stage("Partner Meeting", 213_215, 25),
    987_797: Stage("Negotiation", 213_215, 50),
    987_798: Stage("Term Sheet", 213_215, 75),
}
FIRST_STAGE = {None: 987_790, 213_214: 987_790, 213_215: 987_795}
"""The first stage by pipeline, which may be omitted."""
USERS = {137_658: "Demo User", 137_659: "Second User"}
STATUS_IDS = {"New": 208_231, "Open": 208_232, "Unqualified": 208_233, "Junk": 208_234}
NOTE, CALL = 0, 190_711
"""Types of activities; only a call counts as an interaction."""
WORDS = ["New", "Open", "Unqualified", "Junk", "Won", "Lost", "Abandoned", "Completed", "None", "Low", "Medium", "High"]
"""Statuses and priorities, each after those that it sorts behind."""

WRONG, MISSING = "wrong", 404_404_404
"""Everything drawn to be refused contains one of them: a text, or the id of no record."""

# --- the fields of each type --------------------------------------------------------------------------------------


def _blank(nothing: str, lists: str = "tags", **others: Any) -> Row:
    dates = dict.fromkeys(("date_created", "date_modified"))
    return {"id": None, **dict.fromkeys(nothing.split()), **{name: [] for name in lists.split()}, **others, **dates}


_WHO = "name prefix first_name middle_name last_name suffix address assignee_id details title date_last_contacted "
_CONTACT = "tags socials websites phone_numbers"
_NOWHERE = {"id": None, "type": None}
_ORIGIN: Row = {"leads_converted_from": [], "date_lead_created": None, "interaction_count": 0}

BLANK: dict[str, Row] = {
    "lead": _blank(
        _WHO + "company_name customer_source_id email monetary_unit monetary_value converted_at converted_contact_id "
        "converted_opportunity_id converted_unit converted_value",
        _CONTACT,
        interaction_count=0,
        status="New",
        status_id=208_231,
    ),
    "person": _blank(_WHO + "company_id", _CONTACT + " emails", contact_type_id=451_492, **_ORIGIN),
    "company": _blank(
        "name address assignee_id contact_type_id details email_domain primary_contact_id",
        _CONTACT,
        interaction_count=0,
    ),
    "opportunity": _blank(
        "name assignee_id close_date company_id customer_source_id details loss_reason_id pipeline_id "
        "pipeline_stage_id primary_contact_id monetary_unit monetary_value converted_unit converted_value "
        "win_probability date_stage_changed date_last_contacted",
        pipeline_type="opportunity",
        pipeline_is_revenue=True,
        priority="None",
        status="Open",
        **_ORIGIN,
    ),
    "project": _blank("name related_resource assignee_id details", status="Open"),
    "task": _blank(
        "name assignee_id due_date reminder_date completed_date details",
        related_resource=_NOWHERE,
        priority="None",
        status="Open",
        custom_activity_type_id=3,
    ),
    "activity_log": _blank("parent type details activity_date old_value new_value", "", user_id=137_658),
}
"""A new record for which no fields were given, without the company's name, which is looked up when it is shown."""

for _kind, _row in BLANK.items():
    if _kind != "activity_log":
        _row["custom_fields"] = {each: one.blank for each, one in DEFINITIONS.items() if _kind in one.kinds}

KINDS = tuple(BLANK)
FIRST_IDS = {
    **dict.fromkeys(("lead", "person", "company", "opportunity"), 94_808_711),
    **dict.fromkeys(("project", "task"), 3_716_921),
    "activity_log": 3_061_844_455,
}
REQUIRED = {kind: {"parent", "type", "details"} if kind == "activity_log" else {"name"} for kind in KINDS}
NEVER = {"id", "date_created", "date_modified"}
"""Ignored in a body, because only Copper writes them."""
ONCE = {
    kind: NEVER | {"related_resource", "parent", "type", "company_id" if kind == "person" else ""} for kind in KINDS
}
"""The same, in an update."""
QUIET = {kind: ONCE[kind] | {*_ORIGIN, "date_last_contacted", "date_stage_changed"} for kind in KINDS}
"""Relations and metadata, whose changes are not notified."""

KEEPS, REFUSED = "is kept", "is refused"
_ON_NULL: dict[str, Row] = {
    "lead": {"status": "New", "status_id": 208_231},
    "person": {"contact_type_id": 451_492},
    "company": {"contact_type_id": 451_492},
    "opportunity": {"status": KEEPS, "priority": "None", "pipeline_id": KEEPS, "pipeline_stage_id": KEEPS},
    "project": {"status": KEEPS, "assignee_id": REFUSED},
    "task": {"status": KEEPS, "assignee_id": REFUSED, "priority": "None"},
    "activity_log": {"activity_date": KEEPS},
}
ON_NULL = {kind: {**BLANK[kind], **dict.fromkeys(REQUIRED[kind], REFUSED), **_ON_NULL[kind]} for kind in KINDS}
"""What null does to each field."""

LINKS = {"company_id": "company", "primary_contact_id": "person"}
"""Fields that refer to another record, and its type. All are relations, but for a company's primary contact."""
RELATED = {
    frozenset(pair.split())
    for pair in (
        *("lead task", "person company", "person opportunity", "person task", "person project", "company opportunity"),
        *("company task", "company project", "opportunity task", "opportunity project", "project task"),
    )
}
"""Which types can be related."""

# --- searching ----------------------------------------------------------------------------------------------------

LISTED = {
    "ids": "id",
    "assignee_ids": "assignee_id",
    "status_ids": "status_id",
    "contact_type_ids": "contact_type_id",
    "company_ids": "company_id",
    "primary_contact_ids": "primary_contact_id",
    "pipeline_ids": "pipeline_id",
    "pipeline_stage_ids": "pipeline_stage_id",
    "statuses": "status",
    "priorities": "priority",
    "user_ids": "user_id",
}
"""Filters with a list of values, and the field that has one of them."""
RENAMED = {
    "created_date": "date_created",
    "modified_date": "date_modified",
    "interaction_date": "date_last_contacted",
    "stage_change_date": "date_stage_changed",
    "value": "monetary_value",
    "last_interaction": "date_last_contacted",
}
"""Names in range filters and sort orders for fields that have another name."""
SORTED = {
    **dict.fromkeys(("lead", "opportunity", "project"), "name"),
    "person": "first_name",
    "company": "date_modified",
    "task": "due_date",
    "activity_log": "activity_date",
}
"""By what each type is sorted by default."""
