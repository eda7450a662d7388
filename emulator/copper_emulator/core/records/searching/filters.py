"""What can a search of each type filter by?

The names are the union of those in Copper's developer docs of 2019, its current pages and its OpenAPI document.
Filters for which the emulator has no data are accepted too; their `doc` says what they do here.
"""

from __future__ import annotations

from collections.abc import Mapping

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import Text
from copper_emulator.core.records.searching import conditions as must
from copper_emulator.core.records.searching import filter_parts as shared
from copper_emulator.core.records.searching.filter_parts import Filter
from copper_emulator.core.records.searching.filter_shapes import AnActivityType, AnyRecord, Listed
from copper_emulator.core.records.searching.filter_values import Amount, AnId, Flag, Seconds
from copper_emulator.core.records.tables import ACTIVITY, COMPANY, LEAD, OPPORTUNITY, PERSON, PROJECT, TASK

__all__ = ["FILTERS", "Filter"]

_LEAD: Mapping[str, Filter] = {
    **shared.IDS,
    **shared.ASSIGNEES,
    "status_ids": shared.ids("status_id", "Lead statuses"),
    **shared.SOURCES,
    **shared.NAME,
    "first_name": shared.text("first_name", "First name"),
    "middle_name": shared.text("middle_name", "Middle name"),
    "last_name": shared.text("last_name", "Last name"),
    "emails": Filter(
        Listed(Text(), alone=True), "email", must.entry("email"), "Email address, any, whatever its case."
    ),
    "phone_number": shared.PHONE,
    "company_name": shared.text("company_name", "Company name"),
    **shared.TITLE,
    **shared.PLACE,
    **shared.TAGS,
    **shared.SOCIALS,
    **shared.FOLLOWED,
    **shared.AGE,
    **shared.VALUE,
    **shared.COUNT,
    **shared.CONTACTED,
    **shared.CREATED,
    **shared.MODIFIED,
    "include_converted_leads": Filter(
        Flag(),
        "converted_at",
        must.unconverted,
        "Also leads that were converted and kept; they are left out otherwise.",
        default=False,
    ),
    **shared.custom(LEAD),
    **shared.FIELDS,
}

_PERSON: Mapping[str, Filter] = {
    **shared.IDS,
    **shared.ASSIGNEES,
    **shared.CONTACT_TYPES,
    **shared.COMPANIES,
    "opportunity_ids": Filter(Listed(AnId()), "id", must.related_to(OPPORTUNITY), "Opportunities they are related to."),
    **shared.NAME,
    "emails": Filter(
        Listed(Text(), alone=True),
        "emails",
        must.entry("email"),
        "Email addresses, any, whatever their case.",
        narrow=shared.owners(PERSON),
    ),
    "phone_number": shared.PHONE,
    "phone_numbers": shared.PHONE,
    **shared.TITLE,
    **shared.PLACE,
    **shared.TAGS,
    **shared.SOCIALS,
    **shared.FOLLOWED,
    **shared.AGE,
    **shared.COUNT,
    **shared.CONTACTED,
    **shared.CREATED,
    **shared.MODIFIED,
    **shared.custom(PERSON),
    **shared.FIELDS,
}

_COMPANY: Mapping[str, Filter] = {
    **shared.IDS,
    **shared.ASSIGNEES,
    **shared.CONTACT_TYPES,
    **shared.CONTACTS,
    **shared.NAME,
    "email_domain": shared.DOMAIN,
    "email_domains": shared.DOMAIN,
    "phone_number": shared.PHONE,
    **shared.PLACE,
    **shared.TAGS,
    **shared.SOCIALS,
    **shared.FOLLOWED,
    **shared.AGE,
    **shared.COUNT,
    "minimum_interaction_date": Filter(
        Seconds(), "id", must.contacted_from, "Last interaction, at least; companies show none, their activities tell."
    ),
    "maximum_interaction_date": Filter(
        Seconds(), "id", must.contacted_until, "Last interaction, at most; companies show none, their activities tell."
    ),
    **shared.CREATED,
    **shared.MODIFIED,
    **shared.custom(COMPANY),
    **shared.FIELDS,
}

_OPPORTUNITY: Mapping[str, Filter] = {
    **shared.IDS,
    **shared.ASSIGNEES,
    # "Certain fields can be filtered by an empty value": of opportunities company_ids, of tasks the opportunity
    # (developer docs, list-opportunities-search and list-tasks-search, read 2026-11-27).
    "company_ids": Filter(
        Listed(AnId(none=True)),
        "company_id",
        must.one_of_or_unset,
        "Companies; -2 or an empty list for none.",
        empty=True,
    ),
    **shared.CONTACTS,
    "pipeline_ids": shared.ids("pipeline_id", "Pipelines"),
    "pipeline_stage_ids": shared.ids("pipeline_stage_id", "Stages of pipelines"),
    "loss_reason_ids": shared.ids("loss_reason_id", "Loss reasons", none=True),
    **shared.SOURCES,
    **shared.words("status", "statuses", shared.ENDED),
    **shared.words("priority", "priorities", ("None", "Low", "Medium", "High")),
    **shared.NAME,
    "company_name": Filter(
        Text(), "company_id", must.of_company, "Name of its company: the whole text, whatever its case."
    ),
    **shared.CLOSE_DATE,
    **shared.TAGS,
    **shared.FOLLOWED,
    **shared.AGE,
    **shared.VALUE,
    **shared.from_to("win_probability", "win_probability", Amount(whole=True), "Win probability in per cent"),
    **shared.COUNT,
    **shared.CONTACTED,
    **shared.from_to("stage_change_date", "date_stage_changed", Seconds(), "When it came to its stage"),
    **shared.from_to("date_stage_changed", "date_stage_changed", Seconds(), "When it came to its stage"),
    **shared.CREATED,
    **shared.MODIFIED,
    **shared.custom(OPPORTUNITY),
    **shared.FIELDS,
}

_PROJECT: Mapping[str, Filter] = {
    **shared.IDS,
    **shared.ASSIGNEES,
    **shared.words("status", "statuses", shared.DONE),
    **shared.NAME,
    **shared.TAGS,
    **shared.FOLLOWED,
    **shared.CREATED,
    **shared.MODIFIED,
    **shared.custom(PROJECT),
}

_RELATED = (LEAD, PERSON, COMPANY, OPPORTUNITY, PROJECT)

_TASK: Mapping[str, Filter] = {
    **shared.IDS,
    **shared.ASSIGNEES,
    "opportunity_ids": Filter(
        Listed(AnId(none=True)),
        "related_resource",
        must.belongs_to(OPPORTUNITY),
        "Opportunities they belong to; -2 or an empty list for none.",
        empty=True,
    ),
    "project_ids": Filter(
        Listed(AnId(none=True)), "related_resource", must.belongs_to(PROJECT), "Projects they belong to; -2 for none."
    ),
    "related_resource": Filter(AnyRecord(_RELATED), "related_resource", must.same_record, "What they belong to."),
    **shared.words("status", "statuses", shared.DONE),
    # Tasks cannot have the priorities Low and Medium, but clients send them; they match nothing.
    **shared.words("priority", "priorities", ("None", "Low", "Medium", "High")),
    **shared.NAME,
    "phrase": Filter(Text(), "name", must.has_text, "Text anywhere in the name, whatever its case."),
    **shared.TAGS,
    **shared.FOLLOWED,
    **shared.from_to("due_date", "due_date", Seconds(), "When it is due"),
    **shared.from_to("reminder_date", "reminder_date", Seconds(), "When to remind of it"),
    **shared.from_to("completed_date", "completed_date", Seconds(), "When it was completed"),
    **shared.from_to("close_date", "completed_date", Seconds(), "When it was completed (tasks have no close date)"),
    **shared.CREATED,
    **shared.MODIFIED,
    **shared.custom(TASK),
}

_ACTIVITY: Mapping[str, Filter] = {
    "parent": Filter(
        AnyRecord((*_RELATED, TASK)),
        "parent",
        must.same_record,
        "What they were done for.",
        narrow=shared.activities_of,
    ),
    "activity_types": Filter(Listed(AnActivityType()), "type", must.of_type, "Types of activities, any."),
    "user_ids": shared.ids("user_id", "Users who did them"),
    **shared.from_to("activity_date", "activity_date", Seconds(), "When it was done"),
    "full_result": Filter(
        Flag(), "id", must.no_demand, "Ignored: every activity is found, and each once, with it and without it."
    ),
}

FILTERS: Mapping[EntityType, Mapping[str, Filter]] = {
    LEAD: _LEAD,
    PERSON: _PERSON,
    COMPANY: _COMPANY,
    OPPORTUNITY: _OPPORTUNITY,
    PROJECT: _PROJECT,
    TASK: _TASK,
    ACTIVITY: _ACTIVITY,
}
"""The filters of each type by name."""
