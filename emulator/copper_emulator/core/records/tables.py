"""The field tables, one per type, from Copper's developer documentation and recorded responses.

Order, names and blank values are those of recorded records (people, companies, opportunities, projects) and of the
documentation's samples (leads, tasks, activities). Each field states whether a write may set it, what null does and
what a notification reports; docs/records.md shows the same tables with their sources. The file is longer than others
so that the fields of all types can be compared side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Access, Field, Null, Table
from copper_emulator.core.records.forms.contacts import Address, Entries, Entry, Tags
from copper_emulator.core.records.forms.custom import CustomFields
from copper_emulator.core.records.forms.plain import (
    EARLIEST_SECOND,
    LATEST_SECOND,
    CalendarDay,
    Moment,
    Number,
    OneOf,
    Shown,
    ShownAmount,
    Text,
)
from copper_emulator.core.records.forms.references import (
    ActivityType,
    LookupId,
    LookupName,
    RecordId,
    Reference,
    StageId,
)

Stored: TypeAlias = Mapping[str, Any]
"""A record as it is stored: its fields by name."""

LEAD, PERSON, COMPANY = EntityType.LEAD, EntityType.PERSON, EntityType.COMPANY
OPPORTUNITY, PROJECT, TASK, ACTIVITY = (
    EntityType.OPPORTUNITY,
    EntityType.PROJECT,
    EntityType.TASK,
    EntityType.ACTIVITY_LOG,
)

WORK = ("work", "personal", "other")
PHONES = ("mobile", "work", "home", "other")
NETWORKS = (
    "linkedin",
    "twitter",
    "googleplus",
    "facebook",
    "youtube",
    "quora",
    "foursquare",
    "klout",
    "gravatar",
    "other",
)

EMAIL = Entry("email", WORK)
METADATA: tuple[str, ...] = ()
"""For fields that are never reported: "excludes any change in meta data" (Copper support page)."""

_SECONDS = Shown("int | None", "Unix seconds", "integer", bounds=(EARLIEST_SECOND, LATEST_SECOND))
_IDS = Shown("Sequence[Mapping[str, Any]]", "list of leads", "object", many=True)


def _name(noun: str) -> Field:
    return Field("name", Text(), f"Full name of the {noun}.", required=True, null=Null.REFUSED)


# Writing the name recomputes all of its parts; writing parts recomputes the name.
PREFIX = Field("prefix", Text(), "Title before the name, like Dr.")
FIRST_NAME = Field("first_name", Text(), "First name; worked out from the name.")
MIDDLE_NAME = Field("middle_name", Text(), "Middle name; worked out from the name.")
LAST_NAME = Field("last_name", Text(), "Last name; worked out from the name.")
SUFFIX = Field("suffix", Text(), "What follows the name, like Jr.")


def _assignee(null: Null = Null.CLEARS) -> Field:
    return Field("assignee_id", LookupId("users"), "The user it is assigned to.", null=null)


def _custom_fields(kind: EntityType) -> Field:
    return Field(
        "custom_fields",
        CustomFields(kind),
        "Values of custom fields. Those that are not named stay as they are.",
        null=Null.KEEPS,
    )


DETAILS = Field("details", Text(), "Description.")
ADDRESS = Field("address", Address(), "Postal address.")
PHONE_NUMBERS = Field("phone_numbers", Entries(Entry("number", PHONES)), "Phone numbers.")
SOCIALS = Field("socials", Entries(Entry("url", NETWORKS)), "Social profiles.")
WEBSITES = Field("websites", Entries(Entry("url", WORK)), "Websites.")
TAGS = Field("tags", Tags(), "Tags; a write replaces all of them.")
TITLE = Field("title", Text(), "Professional title.")
INTERACTIONS = Field(
    "interaction_count",
    Shown("int", "number", "integer"),
    "Interactions.",
    access=Access.NEVER,
    default=0,
    reported=METADATA,
)
LAST_CONTACTED = Field("date_last_contacted", _SECONDS, "Last interaction.", access=Access.NEVER, reported=METADATA)
DATES = (
    Field("date_created", _SECONDS, "When it was created.", access=Access.NEVER, reported=METADATA),
    Field("date_modified", _SECONDS, "When a field was last changed.", access=Access.NEVER, reported=METADATA),
)
CUSTOMER_SOURCE = Field("customer_source_id", LookupId("customer_sources"), "Where the customer came from.")
CONTACT_TYPE = Field(
    "contact_type_id", LookupId("contact_types"), "Kind of contact.", null=Null.DEFAULT, default="contact_types"
)
MONETARY_UNIT = Field("monetary_unit", Text(), "Currency, three letters; kept only with a value.", null=Null.KEEPS)
MONETARY_VALUE = Field("monetary_value", Number(), "Expected value.")
# The monetary value in the account's currency; leads have had these fields since 2019 (recorded).
CONVERTED = (
    Field(
        "converted_unit",
        Shown("str | None", "text", "string"),
        "Currency of the account.",
        access=Access.NEVER,
        reported=METADATA,
    ),
    Field(
        "converted_value",
        ShownAmount("float | None", "number", "number"),
        "Value in it.",
        access=Access.NEVER,
        reported=METADATA,
    ),
)
CONVERTED_FROM = Field(
    "leads_converted_from", _IDS, "Leads that were converted into it.", access=Access.NEVER, reported=METADATA
)
LEAD_CREATED = Field(
    "date_lead_created",
    _SECONDS,
    "When the lead it was converted from was created.",
    access=Access.NEVER,
    reported=METADATA,
)


def _of_pipeline(name: str, form: Shown, doc: str) -> Field:
    return Field(name, form, doc, access=Access.NEVER, reported=METADATA, stored=False)


def _converted(name: str, doc: str) -> Field:
    return Field(name, Shown("int | None", "number", "integer"), doc, access=Access.NEVER)


_ANY_PARENT = (LEAD, PERSON, COMPANY, OPPORTUNITY, PROJECT, TASK)

TABLES: Mapping[EntityType, Table] = {
    LEAD: Table(
        "lead",
        "leads",
        (
            _name("lead"),
            *(PREFIX, FIRST_NAME, LAST_NAME, MIDDLE_NAME, SUFFIX),
            ADDRESS,
            _assignee(),
            Field("company_name", Text(), "The company the lead works for."),
            CUSTOMER_SOURCE,
            DETAILS,
            Field("email", EMAIL, "Email address, a single one."),
            INTERACTIONS,
            MONETARY_UNIT,
            MONETARY_VALUE,
            *CONVERTED,
            SOCIALS,
            Field(
                "status",
                LookupName("lead_statuses"),
                "Status by its name; status_id wins if both are written.",
                null=Null.DEFAULT,
                stored=False,
            ),
            Field(
                "status_id",
                LookupId("lead_statuses"),
                "Status by its id.",
                null=Null.DEFAULT,
                default="lead_statuses",
                reported=("status_id", "status"),
            ),
            TAGS,
            TITLE,
            WEBSITES,
            PHONE_NUMBERS,
            _custom_fields(LEAD),
            *DATES,
            LAST_CONTACTED,
            _converted("converted_opportunity_id", "The opportunity it was converted into."),
            _converted("converted_contact_id", "The person it was converted into."),
            _converted("converted_at", "When it was converted."),
        ),
    ),
    PERSON: Table(
        "person",
        "people",
        (
            _name("person"),
            *(PREFIX, FIRST_NAME, MIDDLE_NAME, LAST_NAME, SUFFIX),
            ADDRESS,
            _assignee(),
            Field(
                "company_id",
                RecordId(COMPANY),
                "The company the person works for; later only through related items.",
                access=Access.CREATE,
                reported=METADATA,
            ),
            Field(
                "company_name",
                Text(),
                "Name of that company.",
                access=Access.NEVER,
                reported=METADATA,
                stored=False,
            ),
            CONTACT_TYPE,
            DETAILS,
            Field("emails", Entries(EMAIL), "Email addresses; each belongs to one person of the account."),
            PHONE_NUMBERS,
            SOCIALS,
            TAGS,
            TITLE,
            WEBSITES,
            _custom_fields(PERSON),
            *DATES,
            LAST_CONTACTED,
            INTERACTIONS,
            CONVERTED_FROM,
            LEAD_CREATED,
        ),
        # Recorded in 2020: creating or updating a person with it is answered with 200, but no answer contains it.
        unheeded=("customer_source_id",),
    ),
    COMPANY: Table(
        "company",
        "companies",
        (
            _name("company"),
            ADDRESS,
            _assignee(),
            Field("contact_type_id", LookupId("contact_types"), "Kind of contact.", null=Null.DEFAULT),
            DETAILS,
            Field("email_domain", Text(), "Domain of its email addresses; belongs to one company of the account."),
            PHONE_NUMBERS,
            Field("primary_contact_id", RecordId(PERSON), "The person to talk to."),
            SOCIALS,
            TAGS,
            WEBSITES,
            _custom_fields(COMPANY),
            INTERACTIONS,
            *DATES,
        ),
    ),
    OPPORTUNITY: Table(
        "opportunity",
        "opportunities",
        (
            _name("opportunity"),
            _assignee(),
            Field("close_date", CalendarDay(), "Expected or actual day of its end."),
            Field("company_id", RecordId(COMPANY), "The company; that of the primary contact if none is given."),
            Field(
                "company_name", Text(), "Name of that company.", access=Access.NEVER, reported=METADATA, stored=False
            ),
            CUSTOMER_SOURCE,
            DETAILS,
            Field("loss_reason_id", LookupId("loss_reasons"), "Why it was lost."),
            Field("pipeline_id", LookupId("pipelines"), "Its pipeline.", null=Null.KEEPS),
            _of_pipeline(
                "pipeline_is_revenue", Shown("bool | None", "true or false", "boolean"), "Whether that brings revenue."
            ),
            Field(
                "pipeline_stage_id",
                StageId(),
                "Its stage; the first of its pipeline if none is given.",
                null=Null.KEEPS,
                reported=("stage_id", "stage", "last_stage_at", "days_in_stage"),
            ),
            _of_pipeline("pipeline_type", Shown("str | None", "text", "string"), "What its pipeline is for."),
            Field("primary_contact_id", RecordId(PERSON), "The person to talk to."),
            Field("priority", OneOf(("None", "Low", "Medium", "High")), "Priority.", null=Null.DEFAULT, default="None"),
            Field("status", OneOf(("Open", "Won", "Lost", "Abandoned")), "Status.", null=Null.KEEPS, default="Open"),
            TAGS,
            INTERACTIONS,
            MONETARY_UNIT,
            MONETARY_VALUE,
            *CONVERTED,
            Field("win_probability", Number(0, 100, whole=True), "Per cent; that of the stage if none is given."),
            Field(
                "date_stage_changed",
                _SECONDS,
                "When it came to its stage; reported as last_stage_at.",
                access=Access.NEVER,
                reported=METADATA,
            ),
            LAST_CONTACTED,
            CONVERTED_FROM,
            LEAD_CREATED,
            *DATES,
            _custom_fields(OPPORTUNITY),
        ),
    ),
    PROJECT: Table(
        "project",
        "projects",
        (
            _name("project"),
            Field(
                "related_resource",
                Reference((PERSON, COMPANY, OPPORTUNITY)),
                "What it belongs to.",
                access=Access.CREATE,
                reported=METADATA,
            ),
            _assignee(Null.REFUSED),
            Field("status", OneOf(("Open", "Completed")), "Status.", null=Null.KEEPS, default="Open"),
            DETAILS,
            TAGS,
            _custom_fields(PROJECT),
            *DATES,
        ),
    ),
    TASK: Table(
        "task",
        "tasks",
        (
            _name("task"),
            Field(
                "related_resource",
                Reference((LEAD, PERSON, COMPANY, OPPORTUNITY, PROJECT), empty=True),
                "What it belongs to.",
                access=Access.CREATE,
                reported=METADATA,
            ),
            _assignee(Null.REFUSED),
            Field("due_date", Moment(), "When it is due."),
            Field("reminder_date", Moment(), "When to remind of it."),
            Field("completed_date", _SECONDS, "When its status became Completed.", access=Access.NEVER),
            Field("priority", OneOf(("None", "High")), "Priority.", null=Null.DEFAULT, default="None"),
            Field("status", OneOf(("Open", "Completed")), "Status.", null=Null.KEEPS, default="Open"),
            DETAILS,
            TAGS,
            _custom_fields(TASK),
            *DATES,
            Field(
                "custom_activity_type_id",
                LookupId("custom_activity_types"),
                "Kind of task.",
                null=Null.DEFAULT,
                default="custom_activity_types",
            ),
        ),
    ),
    ACTIVITY: Table(
        "activity",
        "activities",
        (
            Field("parent", Reference(_ANY_PARENT), "What it was done for.", required=True, access=Access.CREATE),
            Field("type", ActivityType(), "Kind of activity.", required=True, access=Access.CREATE),
            Field("user_id", LookupId("users"), "Who did it; the caller if none is given.", null=Null.KEEPS),
            Field("details", Text(), "What was done.", required=True, null=Null.REFUSED),
            Field("activity_date", Moment(), "When it was done; now if none is given.", null=Null.KEEPS),
            Field(
                "old_value",
                Shown("Mapping[str, Any] | None", "object", "object"),
                "Before a system change.",
                access=Access.NEVER,
            ),
            Field(
                "new_value",
                Shown("Mapping[str, Any] | None", "object", "object"),
                "After a system change.",
                access=Access.NEVER,
            ),
            DATES[0],
            replace(DATES[1], doc="When a field was last changed; until then, when it was done."),
        ),
    ),
}

ID = Field("id", Number(1, MAX_ID, whole=True), "Its id, unique within its type.", access=Access.NEVER, reported=())
