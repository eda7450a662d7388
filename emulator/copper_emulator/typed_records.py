"""Which fields and filters do the records of each type have in Python?

Generated from the tables in `core/records`; do not edit, but run `make generate` after changing the tables. It is
longer than a module should be because it spells out every field, for editors, type checkers and `help()`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, Required, TypeAlias, TypedDict, Unpack

from copper_emulator.argument_errors import written_like
from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.records.record import Record
from copper_emulator.lookup_entry import LookupEntry
from copper_emulator.records import AsyncRecords, Converted, Records
from copper_emulator.unawaited import calls_noted

__tracebackhide__ = raised_on_purpose

LeadSortBy: TypeAlias = Literal[
    "name",
    "first_name",
    "last_name",
    "title",
    "company_name",
    "value",
    "monetary_value",
    "email",
    "phone",
    "socials",
    "date_modified",
    "date_created",
    "city",
    "state",
    "country",
    "zip",
    "interaction_count",
    "last_interaction",
    "inactive_days",
    "assignee",
    "customer_source",
    "status",
]

PersonSortBy: TypeAlias = Literal[
    "name",
    "first_name",
    "last_name",
    "title",
    "email",
    "phone",
    "socials",
    "date_modified",
    "date_created",
    "city",
    "state",
    "country",
    "zip",
    "interaction_count",
    "last_interaction",
    "inactive_days",
    "assignee",
]

CompanySortBy: TypeAlias = Literal[
    "name",
    "phone",
    "socials",
    "contact",
    "contact_first_name",
    "contact_last_name",
    "date_modified",
    "date_created",
    "email_domain",
    "city",
    "state",
    "country",
    "zip",
    "assignee",
    "contact_group",
    "interaction_count",
    "last_interaction",
    "inactive_days",
    "primary_website",
]

OpportunitySortBy: TypeAlias = Literal[
    "name",
    "account",
    "company_name",
    "value",
    "monetary_value",
    "monetary_unit",
    "assignee",
    "customer_source_id",
    "customer_source",
    "source",
    "date_modified",
    "date_created",
    "contact",
    "primary_contact",
    "stage",
    "deal_last_stage",
    "status",
    "close_date",
    "priority",
    "interaction_count",
    "last_interaction",
    "inactive_days",
    "win_probability",
]

TaskSortBy: TypeAlias = Literal[
    "name",
    "assigned_to",
    "related_to",
    "status",
    "priority",
    "due_date",
    "reminder_date",
    "completed_date",
    "date_modified",
    "date_created",
]


class LeadFields(TypedDict, total=False):
    """The fields `leads.create` takes."""

    name: Required[str]
    prefix: str | None
    first_name: str | None
    last_name: str | None
    middle_name: str | None
    suffix: str | None
    address: Mapping[str, str | None] | None
    assignee_id: int | LookupEntry | None
    company_name: str | None
    customer_source_id: int | LookupEntry | None
    details: str | None
    email: Mapping[str, str] | None
    monetary_unit: str | None
    monetary_value: float | None
    socials: Sequence[Mapping[str, str]] | None
    status: str | None
    status_id: int | LookupEntry | None
    tags: Sequence[str] | None
    title: str | None
    websites: Sequence[Mapping[str, str]] | None
    phone_numbers: Sequence[Mapping[str, str]] | None
    custom_fields: Sequence[Mapping[str, Any]] | None


class LeadChanges(TypedDict, total=False):
    """The fields `leads.update` takes."""

    name: str
    prefix: str | None
    first_name: str | None
    last_name: str | None
    middle_name: str | None
    suffix: str | None
    address: Mapping[str, str | None] | None
    assignee_id: int | LookupEntry | None
    company_name: str | None
    customer_source_id: int | LookupEntry | None
    details: str | None
    email: Mapping[str, str] | None
    monetary_unit: str | None
    monetary_value: float | None
    socials: Sequence[Mapping[str, str]] | None
    status: str | None
    status_id: int | LookupEntry | None
    tags: Sequence[str] | None
    title: str | None
    websites: Sequence[Mapping[str, str]] | None
    phone_numbers: Sequence[Mapping[str, str]] | None
    custom_fields: Sequence[Mapping[str, Any]] | None


class LeadFilters(TypedDict, total=False):
    """The filters `leads.search` takes."""

    ids: Collection[int | Record | LookupEntry]
    assignee_ids: Collection[int | Record | LookupEntry]
    status_ids: Collection[int | Record | LookupEntry]
    customer_source_ids: Collection[int | Record | LookupEntry]
    name: str
    first_name: str
    middle_name: str
    last_name: str
    emails: str | Collection[str]
    phone_number: str | Mapping[str, str] | Collection[str | Mapping[str, str]]
    company_name: str
    title: str
    city: str
    state: str
    postal_code: str
    country: str
    tags: Collection[str] | Mapping[str, Any]
    socials: str | Collection[str]
    followed: int
    age: int
    minimum_monetary_value: float
    maximum_monetary_value: float
    minimum_interaction_count: int
    maximum_interaction_count: int
    minimum_interaction_date: int | datetime
    maximum_interaction_date: int | datetime
    minimum_created_date: int | datetime
    maximum_created_date: int | datetime
    minimum_modified_date: int | datetime
    maximum_modified_date: int | datetime
    include_converted_leads: bool
    custom_fields: Sequence[Mapping[str, Any]]
    fields: Collection[str]
    sort_by: LeadSortBy
    sort_direction: Literal["asc", "desc"]
    page_number: int
    page_size: int


class PersonFields(TypedDict, total=False):
    """The fields `people.create` takes."""

    name: Required[str]
    prefix: str | None
    first_name: str | None
    middle_name: str | None
    last_name: str | None
    suffix: str | None
    address: Mapping[str, str | None] | None
    assignee_id: int | LookupEntry | None
    company_id: int | Record | None
    contact_type_id: int | LookupEntry | None
    details: str | None
    emails: Sequence[Mapping[str, str]] | None
    phone_numbers: Sequence[Mapping[str, str]] | None
    socials: Sequence[Mapping[str, str]] | None
    tags: Sequence[str] | None
    title: str | None
    websites: Sequence[Mapping[str, str]] | None
    custom_fields: Sequence[Mapping[str, Any]] | None


class PersonChanges(TypedDict, total=False):
    """The fields `people.update` takes."""

    name: str
    prefix: str | None
    first_name: str | None
    middle_name: str | None
    last_name: str | None
    suffix: str | None
    address: Mapping[str, str | None] | None
    assignee_id: int | LookupEntry | None
    contact_type_id: int | LookupEntry | None
    details: str | None
    emails: Sequence[Mapping[str, str]] | None
    phone_numbers: Sequence[Mapping[str, str]] | None
    socials: Sequence[Mapping[str, str]] | None
    tags: Sequence[str] | None
    title: str | None
    websites: Sequence[Mapping[str, str]] | None
    custom_fields: Sequence[Mapping[str, Any]] | None


class PersonFilters(TypedDict, total=False):
    """The filters `people.search` takes."""

    ids: Collection[int | Record | LookupEntry]
    assignee_ids: Collection[int | Record | LookupEntry]
    contact_type_ids: Collection[int | Record | LookupEntry]
    company_ids: Collection[int | Record | LookupEntry]
    opportunity_ids: Collection[int | Record | LookupEntry]
    name: str
    emails: str | Collection[str]
    phone_number: str | Mapping[str, str] | Collection[str | Mapping[str, str]]
    phone_numbers: str | Mapping[str, str] | Collection[str | Mapping[str, str]]
    title: str
    city: str
    state: str
    postal_code: str
    country: str
    tags: Collection[str] | Mapping[str, Any]
    socials: str | Collection[str]
    followed: int
    age: int
    minimum_interaction_count: int
    maximum_interaction_count: int
    minimum_interaction_date: int | datetime
    maximum_interaction_date: int | datetime
    minimum_created_date: int | datetime
    maximum_created_date: int | datetime
    minimum_modified_date: int | datetime
    maximum_modified_date: int | datetime
    custom_fields: Sequence[Mapping[str, Any]]
    fields: Collection[str]
    sort_by: PersonSortBy
    sort_direction: Literal["asc", "desc"]
    page_number: int
    page_size: int


class CompanyFields(TypedDict, total=False):
    """The fields `companies.create` takes."""

    name: Required[str]
    address: Mapping[str, str | None] | None
    assignee_id: int | LookupEntry | None
    contact_type_id: int | LookupEntry | None
    details: str | None
    email_domain: str | None
    phone_numbers: Sequence[Mapping[str, str]] | None
    primary_contact_id: int | Record | None
    socials: Sequence[Mapping[str, str]] | None
    tags: Sequence[str] | None
    websites: Sequence[Mapping[str, str]] | None
    custom_fields: Sequence[Mapping[str, Any]] | None


class CompanyChanges(TypedDict, total=False):
    """The fields `companies.update` takes."""

    name: str
    address: Mapping[str, str | None] | None
    assignee_id: int | LookupEntry | None
    contact_type_id: int | LookupEntry | None
    details: str | None
    email_domain: str | None
    phone_numbers: Sequence[Mapping[str, str]] | None
    primary_contact_id: int | Record | None
    socials: Sequence[Mapping[str, str]] | None
    tags: Sequence[str] | None
    websites: Sequence[Mapping[str, str]] | None
    custom_fields: Sequence[Mapping[str, Any]] | None


class CompanyFilters(TypedDict, total=False):
    """The filters `companies.search` takes."""

    ids: Collection[int | Record | LookupEntry]
    assignee_ids: Collection[int | Record | LookupEntry]
    contact_type_ids: Collection[int | Record | LookupEntry]
    primary_contact_ids: Collection[int | Record | LookupEntry]
    name: str
    email_domain: str | Collection[str]
    email_domains: str | Collection[str]
    phone_number: str | Mapping[str, str] | Collection[str | Mapping[str, str]]
    city: str
    state: str
    postal_code: str
    country: str
    tags: Collection[str] | Mapping[str, Any]
    socials: str | Collection[str]
    followed: int
    age: int
    minimum_interaction_count: int
    maximum_interaction_count: int
    minimum_interaction_date: int | datetime
    maximum_interaction_date: int | datetime
    minimum_created_date: int | datetime
    maximum_created_date: int | datetime
    minimum_modified_date: int | datetime
    maximum_modified_date: int | datetime
    custom_fields: Sequence[Mapping[str, Any]]
    fields: Collection[str]
    sort_by: CompanySortBy
    sort_direction: Literal["asc", "desc"]
    page_number: int
    page_size: int


class OpportunityFields(TypedDict, total=False):
    """The fields `opportunities.create` takes."""

    name: Required[str]
    assignee_id: int | LookupEntry | None
    close_date: str | date | None
    company_id: int | Record | None
    customer_source_id: int | LookupEntry | None
    details: str | None
    loss_reason_id: int | LookupEntry | None
    pipeline_id: int | LookupEntry | None
    pipeline_stage_id: int | None
    primary_contact_id: int | Record | None
    priority: Literal["None", "Low", "Medium", "High"] | None
    status: Literal["Open", "Won", "Lost", "Abandoned"] | None
    tags: Sequence[str] | None
    monetary_unit: str | None
    monetary_value: float | None
    win_probability: int | None
    custom_fields: Sequence[Mapping[str, Any]] | None


class OpportunityChanges(TypedDict, total=False):
    """The fields `opportunities.update` takes."""

    name: str
    assignee_id: int | LookupEntry | None
    close_date: str | date | None
    company_id: int | Record | None
    customer_source_id: int | LookupEntry | None
    details: str | None
    loss_reason_id: int | LookupEntry | None
    pipeline_id: int | LookupEntry | None
    pipeline_stage_id: int | None
    primary_contact_id: int | Record | None
    priority: Literal["None", "Low", "Medium", "High"] | None
    status: Literal["Open", "Won", "Lost", "Abandoned"] | None
    tags: Sequence[str] | None
    monetary_unit: str | None
    monetary_value: float | None
    win_probability: int | None
    custom_fields: Sequence[Mapping[str, Any]] | None


class OpportunityFilters(TypedDict, total=False):
    """The filters `opportunities.search` takes."""

    ids: Collection[int | Record | LookupEntry]
    assignee_ids: Collection[int | Record | LookupEntry]
    company_ids: Collection[int | Record | LookupEntry]
    primary_contact_ids: Collection[int | Record | LookupEntry]
    pipeline_ids: Collection[int | Record | LookupEntry]
    pipeline_stage_ids: Collection[int | Record | LookupEntry]
    loss_reason_ids: Collection[int | Record | LookupEntry]
    customer_source_ids: Collection[int | Record | LookupEntry]
    statuses: Collection[Literal["Open", "Won", "Lost", "Abandoned"]]
    status_ids: Collection[int]
    priorities: Collection[Literal["None", "Low", "Medium", "High"]]
    priority_ids: Collection[int]
    name: str
    company_name: str
    close_date: int | str | date
    minimum_close_date: int | str | date
    maximum_close_date: int | str | date
    tags: Collection[str] | Mapping[str, Any]
    followed: int
    age: int
    minimum_monetary_value: float
    maximum_monetary_value: float
    minimum_win_probability: int
    maximum_win_probability: int
    minimum_interaction_count: int
    maximum_interaction_count: int
    minimum_interaction_date: int | datetime
    maximum_interaction_date: int | datetime
    minimum_stage_change_date: int | datetime
    maximum_stage_change_date: int | datetime
    minimum_date_stage_changed: int | datetime
    maximum_date_stage_changed: int | datetime
    minimum_created_date: int | datetime
    maximum_created_date: int | datetime
    minimum_modified_date: int | datetime
    maximum_modified_date: int | datetime
    custom_fields: Sequence[Mapping[str, Any]]
    fields: Collection[str]
    sort_by: OpportunitySortBy
    sort_direction: Literal["asc", "desc"]
    page_number: int
    page_size: int


class ProjectFields(TypedDict, total=False):
    """The fields `projects.create` takes."""

    name: Required[str]
    related_resource: Mapping[str, Any] | Record | None
    assignee_id: int | LookupEntry | None
    status: Literal["Open", "Completed"] | None
    details: str | None
    tags: Sequence[str] | None
    custom_fields: Sequence[Mapping[str, Any]] | None


class ProjectChanges(TypedDict, total=False):
    """The fields `projects.update` takes."""

    name: str
    assignee_id: int | LookupEntry
    status: Literal["Open", "Completed"] | None
    details: str | None
    tags: Sequence[str] | None
    custom_fields: Sequence[Mapping[str, Any]] | None


class ProjectFilters(TypedDict, total=False):
    """The filters `projects.search` takes."""

    ids: Collection[int | Record | LookupEntry]
    assignee_ids: Collection[int | Record | LookupEntry]
    statuses: Collection[Literal["Open", "Completed"]]
    status_ids: Collection[int]
    name: str
    tags: Collection[str] | Mapping[str, Any]
    followed: int
    minimum_created_date: int | datetime
    maximum_created_date: int | datetime
    minimum_modified_date: int | datetime
    maximum_modified_date: int | datetime
    custom_fields: Sequence[Mapping[str, Any]]
    sort_by: Literal["name", "assigned_to", "related_to", "status", "date_modified", "date_created"]
    sort_direction: Literal["asc", "desc"]
    page_number: int
    page_size: int


class TaskFields(TypedDict, total=False):
    """The fields `tasks.create` takes."""

    name: Required[str]
    related_resource: Mapping[str, Any] | Record | None
    assignee_id: int | LookupEntry | None
    due_date: int | str | date | None
    reminder_date: int | str | date | None
    priority: Literal["None", "High"] | None
    status: Literal["Open", "Completed"] | None
    details: str | None
    tags: Sequence[str] | None
    custom_fields: Sequence[Mapping[str, Any]] | None
    custom_activity_type_id: int | LookupEntry | None


class TaskChanges(TypedDict, total=False):
    """The fields `tasks.update` takes."""

    name: str
    assignee_id: int | LookupEntry
    due_date: int | str | date | None
    reminder_date: int | str | date | None
    priority: Literal["None", "High"] | None
    status: Literal["Open", "Completed"] | None
    details: str | None
    tags: Sequence[str] | None
    custom_fields: Sequence[Mapping[str, Any]] | None
    custom_activity_type_id: int | LookupEntry | None


class TaskFilters(TypedDict, total=False):
    """The filters `tasks.search` takes."""

    ids: Collection[int | Record | LookupEntry]
    assignee_ids: Collection[int | Record | LookupEntry]
    opportunity_ids: Collection[int | Record | LookupEntry]
    project_ids: Collection[int | Record | LookupEntry]
    related_resource: Mapping[str, Any] | Record
    statuses: Collection[Literal["Open", "Completed"]]
    status_ids: Collection[int]
    priorities: Collection[Literal["None", "Low", "Medium", "High"]]
    priority_ids: Collection[int]
    name: str
    phrase: str
    tags: Collection[str] | Mapping[str, Any]
    followed: int
    minimum_due_date: int | datetime
    maximum_due_date: int | datetime
    minimum_reminder_date: int | datetime
    maximum_reminder_date: int | datetime
    minimum_completed_date: int | datetime
    maximum_completed_date: int | datetime
    minimum_close_date: int | datetime
    maximum_close_date: int | datetime
    minimum_created_date: int | datetime
    maximum_created_date: int | datetime
    minimum_modified_date: int | datetime
    maximum_modified_date: int | datetime
    custom_fields: Sequence[Mapping[str, Any]]
    sort_by: TaskSortBy
    sort_direction: Literal["asc", "desc"]
    page_number: int
    page_size: int


class ActivityFields(TypedDict, total=False):
    """The fields `activities.create` takes."""

    parent: Required[Mapping[str, Any] | Record]
    type: Required[Mapping[str, Any]]
    user_id: int | LookupEntry | None
    details: Required[str]
    activity_date: int | str | date | None


class ActivityChanges(TypedDict, total=False):
    """The fields `activities.update` takes."""

    user_id: int | LookupEntry | None
    details: str
    activity_date: int | str | date | None


class ActivityFilters(TypedDict, total=False):
    """The filters `activities.search` takes."""

    parent: Mapping[str, Any] | Record
    activity_types: Collection[Mapping[str, Any]]
    user_ids: Collection[int | Record | LookupEntry]
    minimum_activity_date: int | datetime
    maximum_activity_date: int | datetime
    full_result: bool
    sort_by: Literal["activity_date", "date_modified", "date_created"]
    sort_direction: Literal["asc", "desc"]
    page_number: int
    page_size: int


class ConvertedPerson(TypedDict, total=False):
    """The fields `leads.convert` takes for a person."""

    name: str | None
    contact_type_id: int | LookupEntry | None
    assignee_id: int | LookupEntry | None


class ConvertedCompany(TypedDict, total=False):
    """The fields `leads.convert` takes for a company."""

    id: int | Record | None
    name: str | None
    exact_match: bool | None


class ConvertedOpportunity(TypedDict, total=False):
    """The fields `leads.convert` takes for an opportunity."""

    name: str | None
    pipeline_id: int | LookupEntry | None
    pipeline_stage_id: int | None
    monetary_value: float | None
    assignee_id: int | LookupEntry | None


class Leads(Records):
    """The records of the type `lead`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.leads.create(name='Ada')")
    def create(self, **fields: Unpack[LeadFields]) -> Record:
        """Create a lead; fires `lead/new`.

        Args:
            name: Full name of the lead.
            prefix: Title before the name, like Dr.
            first_name: First name; worked out from the name.
            last_name: Last name; worked out from the name.
            middle_name: Middle name; worked out from the name.
            suffix: What follows the name, like Jr.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            company_name: The company the lead works for.
            customer_source_id: Where the customer came from. Id of one of `customer_sources`.
            details: Description.
            email: Email address, a single one. `{email, category}`; the category is work, personal or other.
            monetary_unit: Currency, three letters; kept only with a value.
            monetary_value: Expected value. Number.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            status: Status by its name; status_id wins if both are written. Name of one of `lead_statuses`.
            status_id: Status by its id. Id of one of `lead_statuses`.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            title: Professional title.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.leads.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = self._write(self._creating(rows))
        return made

    @written_like("copper.leads.update(17, name='Grace')")
    def update(self, id: int | Record, **fields: Unpack[LeadChanges]) -> Record:
        """Change fields; fires `lead/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the lead.
            prefix: Title before the name, like Dr.
            first_name: First name; worked out from the name.
            last_name: Last name; worked out from the name.
            middle_name: Middle name; worked out from the name.
            suffix: What follows the name, like Jr.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            company_name: The company the lead works for.
            customer_source_id: Where the customer came from. Id of one of `customer_sources`.
            details: Description.
            email: Email address, a single one. `{email, category}`; the category is work, personal or other.
            monetary_unit: Currency, three letters; kept only with a value.
            monetary_value: Expected value. Number.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            status: Status by its name; status_id wins if both are written. Name of one of `lead_statuses`.
            status_id: Status by its id. Id of one of `lead_statuses`.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            title: Professional title.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.leads.update_many([17, 18], name='Grace')")
    def update_many(self, ids: Iterable[int | Record], **fields: Unpack[LeadChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = self._write(self._updating(ids, fields))
        return changed

    def delete(self, id: int | Record) -> None:
        """Delete a record; fires `lead/delete`. Raises NotFound."""
        self._write(self._deleting([id]))

    def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        self._write(self._deleting(ids))

    def search(self, **filters: Unpack[LeadFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            status_ids: Lead statuses.
            customer_source_ids: Customer sources; -2 for none.
            name: Full name: the whole text, whatever its case.
            first_name: First name: the whole text, whatever its case.
            middle_name: Middle name: the whole text, whatever its case.
            last_name: Last name: the whole text, whatever its case.
            emails: Email address, any, whatever its case.
            phone_number: Phone number, any: it ends in these digits. More than 6 match fuzzily, without up to 6 of the
                first, unless the match is partial.
            company_name: Company name: the whole text, whatever its case.
            title: Professional title: the whole text, whatever its case.
            city: The city of the address, whatever its case; an empty text for records without one.
            state: The state of the address, whatever its case; an empty text for records without one.
            postal_code: The postal code of the address, whatever its case; an empty text for records without one.
            country: The country of the address, whatever its case; an empty text for records without one.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            socials: Social profiles, any: whole URLs, whatever their case.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            age: Seconds since its creation, at most.
            minimum_monetary_value: Monetary value, at least.
            maximum_monetary_value: Monetary value, at most.
            minimum_interaction_count: Number of interactions, at least.
            maximum_interaction_count: Number of interactions, at most.
            minimum_interaction_date: Last interaction, at least. Unix seconds.
            maximum_interaction_date: Last interaction, at most. Unix seconds.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            include_converted_leads: Also leads that were converted and kept; they are left out otherwise.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            fields: In Copper's OpenAPI document without a meaning; ignored.
            sort_by: What to sort by; name by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)

    def convert(
        self,
        id: int | Record,
        *,
        person: ConvertedPerson | None = None,
        company: ConvertedCompany | Record | None = None,
        opportunity: ConvertedOpportunity | None = None,
    ) -> Converted:
        """Convert a lead into a person with a company and, if asked for, an opportunity.

        Each created record fires `new`, and the lead `delete` (setting `lead_conversion`).

        Args:
            id: the lead or its id.
            person: where the person should differ from the lead, any of name, contact_type_id, assignee_id.
            company: the company itself, or any of id, name, exact_match.
            opportunity: without it none is created; {}, or any of name, pipeline_id, pipeline_stage_id, monetary_value,
                assignee_id.

        Raises:
            NotFound: there is no such lead.
            Invalid: the API would refuse it; the text is Copper's own.
        """
        parts = self._converting(id, person=person, company=company, opportunity=opportunity)
        became: dict[str, Record] = self._write(parts)
        return Converted(became["person"], became.get("company"), became.get("opportunity"))


class People(Records):
    """The records of the type `person`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.people.create(name='Ada')")
    def create(self, **fields: Unpack[PersonFields]) -> Record:
        """Create a person; fires `person/new`.

        Args:
            name: Full name of the person.
            prefix: Title before the name, like Dr.
            first_name: First name; worked out from the name.
            middle_name: Middle name; worked out from the name.
            last_name: Last name; worked out from the name.
            suffix: What follows the name, like Jr.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            company_id: The company the person works for; later only through related items. Id of a company.
            contact_type_id: Kind of contact. Id of one of `contact_types`.
            details: Description.
            emails: Email addresses; each belongs to one person of the account. List of `{email, category}`; the
                category is work, personal or other.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            title: Professional title.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.people.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = self._write(self._creating(rows))
        return made

    @written_like("copper.people.update(17, name='Grace')")
    def update(self, id: int | Record, **fields: Unpack[PersonChanges]) -> Record:
        """Change fields; fires `person/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the person.
            prefix: Title before the name, like Dr.
            first_name: First name; worked out from the name.
            middle_name: Middle name; worked out from the name.
            last_name: Last name; worked out from the name.
            suffix: What follows the name, like Jr.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            contact_type_id: Kind of contact. Id of one of `contact_types`.
            details: Description.
            emails: Email addresses; each belongs to one person of the account. List of `{email, category}`; the
                category is work, personal or other.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            title: Professional title.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.people.update_many([17, 18], name='Grace')")
    def update_many(self, ids: Iterable[int | Record], **fields: Unpack[PersonChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = self._write(self._updating(ids, fields))
        return changed

    def delete(self, id: int | Record) -> None:
        """Delete a record; fires `person/delete`. Raises NotFound."""
        self._write(self._deleting([id]))

    def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        self._write(self._deleting(ids))

    def search(self, **filters: Unpack[PersonFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            contact_type_ids: Contact types.
            company_ids: Companies; -2 for none.
            opportunity_ids: Opportunities they are related to.
            name: Full name: the whole text, whatever its case.
            emails: Email addresses, any, whatever their case.
            phone_number: Phone number, any: it ends in these digits. More than 6 match fuzzily, without up to 6 of the
                first, unless the match is partial.
            phone_numbers: Phone number, any: it ends in these digits. More than 6 match fuzzily, without up to 6 of the
                first, unless the match is partial.
            title: Professional title: the whole text, whatever its case.
            city: The city of the address, whatever its case; an empty text for records without one.
            state: The state of the address, whatever its case; an empty text for records without one.
            postal_code: The postal code of the address, whatever its case; an empty text for records without one.
            country: The country of the address, whatever its case; an empty text for records without one.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            socials: Social profiles, any: whole URLs, whatever their case.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            age: Seconds since its creation, at most.
            minimum_interaction_count: Number of interactions, at least.
            maximum_interaction_count: Number of interactions, at most.
            minimum_interaction_date: Last interaction, at least. Unix seconds.
            maximum_interaction_date: Last interaction, at most. Unix seconds.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            fields: In Copper's OpenAPI document without a meaning; ignored.
            sort_by: What to sort by; first_name by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)

    def merge(self, winner: int | Record, loser: int | Record) -> Record:
        """Merge two records: the winner takes what it lacks from the loser, which is deleted.

        Fires `person/delete` for the loser, and `person/update` for the winner if it changed.

        Raises:
            NotFound: there is no such record.
            UsageError: both are the same record.
        """
        merged: Record = self._write(self._merging(winner, loser))
        return merged


class Companies(Records):
    """The records of the type `company`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.companies.create(name='Ada')")
    def create(self, **fields: Unpack[CompanyFields]) -> Record:
        """Create a company; fires `company/new`.

        Args:
            name: Full name of the company.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            contact_type_id: Kind of contact. Id of one of `contact_types`.
            details: Description.
            email_domain: Domain of its email addresses; belongs to one company of the account.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            primary_contact_id: The person to talk to. Id of a person.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.companies.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = self._write(self._creating(rows))
        return made

    @written_like("copper.companies.update(17, name='Grace')")
    def update(self, id: int | Record, **fields: Unpack[CompanyChanges]) -> Record:
        """Change fields; fires `company/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the company.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            contact_type_id: Kind of contact. Id of one of `contact_types`.
            details: Description.
            email_domain: Domain of its email addresses; belongs to one company of the account.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            primary_contact_id: The person to talk to. Id of a person.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.companies.update_many([17, 18], name='Grace')")
    def update_many(self, ids: Iterable[int | Record], **fields: Unpack[CompanyChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = self._write(self._updating(ids, fields))
        return changed

    def delete(self, id: int | Record) -> None:
        """Delete a record; fires `company/delete`. Raises NotFound."""
        self._write(self._deleting([id]))

    def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        self._write(self._deleting(ids))

    def search(self, **filters: Unpack[CompanyFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            contact_type_ids: Contact types.
            primary_contact_ids: People who are its primary contact.
            name: Full name: the whole text, whatever its case.
            email_domain: Email domains, any, whatever their case.
            email_domains: Email domains, any, whatever their case.
            phone_number: Phone number, any: it ends in these digits. More than 6 match fuzzily, without up to 6 of the
                first, unless the match is partial.
            city: The city of the address, whatever its case; an empty text for records without one.
            state: The state of the address, whatever its case; an empty text for records without one.
            postal_code: The postal code of the address, whatever its case; an empty text for records without one.
            country: The country of the address, whatever its case; an empty text for records without one.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            socials: Social profiles, any: whole URLs, whatever their case.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            age: Seconds since its creation, at most.
            minimum_interaction_count: Number of interactions, at least.
            maximum_interaction_count: Number of interactions, at most.
            minimum_interaction_date: Last interaction, at least; companies show none, their activities tell. Unix
                seconds.
            maximum_interaction_date: Last interaction, at most; companies show none, their activities tell. Unix
                seconds.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            fields: In Copper's OpenAPI document without a meaning; ignored.
            sort_by: What to sort by; date_modified by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)

    def merge(self, winner: int | Record, loser: int | Record) -> Record:
        """Merge two records: the winner takes what it lacks from the loser, which is deleted.

        Fires `company/delete` for the loser, and `company/update` for the winner if it changed.

        Raises:
            NotFound: there is no such record.
            UsageError: both are the same record.
        """
        merged: Record = self._write(self._merging(winner, loser))
        return merged


class Opportunities(Records):
    """The records of the type `opportunity`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.opportunities.create(name='Ada')")
    def create(self, **fields: Unpack[OpportunityFields]) -> Record:
        """Create an opportunity; fires `opportunity/new`.

        Args:
            name: Full name of the opportunity.
            assignee_id: The user it is assigned to. Id of one of `users`.
            close_date: Expected or actual day of its end. M/D/YYYY, or D/M/YYYY if D is over 12.
            company_id: The company; that of the primary contact if none is given. Id of a company.
            customer_source_id: Where the customer came from. Id of one of `customer_sources`.
            details: Description.
            loss_reason_id: Why it was lost. Id of one of `loss_reasons`.
            pipeline_id: Its pipeline. Id of one of `pipelines`.
            pipeline_stage_id: Its stage; the first of its pipeline if none is given. Id of a pipeline's stage.
            primary_contact_id: The person to talk to. Id of a person.
            priority: Priority.
            status: Status.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            monetary_unit: Currency, three letters; kept only with a value.
            monetary_value: Expected value. Number.
            win_probability: Per cent; that of the stage if none is given. Whole number from 0 to 100.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.opportunities.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = self._write(self._creating(rows))
        return made

    @written_like("copper.opportunities.update(17, name='Grace')")
    def update(self, id: int | Record, **fields: Unpack[OpportunityChanges]) -> Record:
        """Change fields; fires `opportunity/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the opportunity.
            assignee_id: The user it is assigned to. Id of one of `users`.
            close_date: Expected or actual day of its end. M/D/YYYY, or D/M/YYYY if D is over 12.
            company_id: The company; that of the primary contact if none is given. Id of a company.
            customer_source_id: Where the customer came from. Id of one of `customer_sources`.
            details: Description.
            loss_reason_id: Why it was lost. Id of one of `loss_reasons`.
            pipeline_id: Its pipeline. Id of one of `pipelines`.
            pipeline_stage_id: Its stage; the first of its pipeline if none is given. Id of a pipeline's stage.
            primary_contact_id: The person to talk to. Id of a person.
            priority: Priority.
            status: Status.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            monetary_unit: Currency, three letters; kept only with a value.
            monetary_value: Expected value. Number.
            win_probability: Per cent; that of the stage if none is given. Whole number from 0 to 100.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.opportunities.update_many([17, 18], name='Grace')")
    def update_many(self, ids: Iterable[int | Record], **fields: Unpack[OpportunityChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = self._write(self._updating(ids, fields))
        return changed

    def delete(self, id: int | Record) -> None:
        """Delete a record; fires `opportunity/delete`. Raises NotFound."""
        self._write(self._deleting([id]))

    def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        self._write(self._deleting(ids))

    def search(self, **filters: Unpack[OpportunityFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            company_ids: Companies; -2 or an empty list for none.
            primary_contact_ids: People who are its primary contact.
            pipeline_ids: Pipelines.
            pipeline_stage_ids: Stages of pipelines.
            loss_reason_ids: Loss reasons; -2 for none.
            customer_source_ids: Customer sources; -2 for none.
            statuses: Its status, any.
            status_ids: Its status by number, any: 0 Open, 1 Won, 2 Lost, 3 Abandoned.
            priorities: Its priority, any.
            priority_ids: Its priority by number, any: 0 None, 1 Low, 2 Medium, 3 High.
            name: Full name: the whole text, whatever its case.
            company_name: Name of its company: the whole text, whatever its case.
            close_date: Day of its end. Unix seconds, or M/D/YYYY, or D/M/YYYY if D is over 12.
            minimum_close_date: Day of its end, at least. Unix seconds, or M/D/YYYY, or D/M/YYYY if D is over 12.
            maximum_close_date: Day of its end, at most. Unix seconds, or M/D/YYYY, or D/M/YYYY if D is over 12.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            age: Seconds since its creation, at most.
            minimum_monetary_value: Monetary value, at least.
            maximum_monetary_value: Monetary value, at most.
            minimum_win_probability: Win probability in per cent, at least.
            maximum_win_probability: Win probability in per cent, at most.
            minimum_interaction_count: Number of interactions, at least.
            maximum_interaction_count: Number of interactions, at most.
            minimum_interaction_date: Last interaction, at least. Unix seconds.
            maximum_interaction_date: Last interaction, at most. Unix seconds.
            minimum_stage_change_date: When it came to its stage, at least. Unix seconds.
            maximum_stage_change_date: When it came to its stage, at most. Unix seconds.
            minimum_date_stage_changed: When it came to its stage, at least. Unix seconds.
            maximum_date_stage_changed: When it came to its stage, at most. Unix seconds.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            fields: In Copper's OpenAPI document without a meaning; ignored.
            sort_by: What to sort by; name by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)


class Projects(Records):
    """The records of the type `project`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.projects.create(name='Ada')")
    def create(self, **fields: Unpack[ProjectFields]) -> Record:
        """Create a project; fires `project/new`.

        Args:
            name: Full name of the project.
            related_resource: What it belongs to. `{id, type}` of a person, company, opportunity.
            assignee_id: The user it is assigned to. Id of one of `users`.
            status: Status.
            details: Description.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.projects.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = self._write(self._creating(rows))
        return made

    @written_like("copper.projects.update(17, name='Grace')")
    def update(self, id: int | Record, **fields: Unpack[ProjectChanges]) -> Record:
        """Change fields; fires `project/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the project.
            assignee_id: The user it is assigned to. Id of one of `users`.
            status: Status.
            details: Description.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.projects.update_many([17, 18], name='Grace')")
    def update_many(self, ids: Iterable[int | Record], **fields: Unpack[ProjectChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = self._write(self._updating(ids, fields))
        return changed

    def delete(self, id: int | Record) -> None:
        """Delete a record; fires `project/delete`. Raises NotFound."""
        self._write(self._deleting([id]))

    def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        self._write(self._deleting(ids))

    def search(self, **filters: Unpack[ProjectFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            statuses: Its status, any.
            status_ids: Its status by number, any: 0 Open, 1 Completed.
            name: Full name: the whole text, whatever its case.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            sort_by: What to sort by; name by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)


class Tasks(Records):
    """The records of the type `task`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.tasks.create(name='Ada')")
    def create(self, **fields: Unpack[TaskFields]) -> Record:
        """Create a task; fires `task/new`.

        Args:
            name: Full name of the task.
            related_resource: What it belongs to. `{id, type}` of a lead, person, company, opportunity, project.
            assignee_id: The user it is assigned to. Id of one of `users`.
            due_date: When it is due. Unix seconds, or mm/dd/yyyy.
            reminder_date: When to remind of it. Unix seconds, or mm/dd/yyyy.
            priority: Priority.
            status: Status.
            details: Description.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.
            custom_activity_type_id: Kind of task. Id of one of `custom_activity_types`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.tasks.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = self._write(self._creating(rows))
        return made

    @written_like("copper.tasks.update(17, name='Grace')")
    def update(self, id: int | Record, **fields: Unpack[TaskChanges]) -> Record:
        """Change fields; fires `task/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the task.
            assignee_id: The user it is assigned to. Id of one of `users`.
            due_date: When it is due. Unix seconds, or mm/dd/yyyy.
            reminder_date: When to remind of it. Unix seconds, or mm/dd/yyyy.
            priority: Priority.
            status: Status.
            details: Description.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.
            custom_activity_type_id: Kind of task. Id of one of `custom_activity_types`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.tasks.update_many([17, 18], name='Grace')")
    def update_many(self, ids: Iterable[int | Record], **fields: Unpack[TaskChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = self._write(self._updating(ids, fields))
        return changed

    def delete(self, id: int | Record) -> None:
        """Delete a record; fires `task/delete`. Raises NotFound."""
        self._write(self._deleting([id]))

    def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        self._write(self._deleting(ids))

    def search(self, **filters: Unpack[TaskFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            opportunity_ids: Opportunities they belong to; -2 or an empty list for none.
            project_ids: Projects they belong to; -2 for none.
            related_resource: What they belong to. `{id, type}` of a lead, person, company, opportunity, project.
            statuses: Its status, any.
            status_ids: Its status by number, any: 0 Open, 1 Completed.
            priorities: Its priority, any.
            priority_ids: Its priority by number, any: 0 None, 1 Low, 2 Medium, 3 High.
            name: Full name: the whole text, whatever its case.
            phrase: Text anywhere in the name, whatever its case.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            minimum_due_date: When it is due, at least. Unix seconds.
            maximum_due_date: When it is due, at most. Unix seconds.
            minimum_reminder_date: When to remind of it, at least. Unix seconds.
            maximum_reminder_date: When to remind of it, at most. Unix seconds.
            minimum_completed_date: When it was completed, at least. Unix seconds.
            maximum_completed_date: When it was completed, at most. Unix seconds.
            minimum_close_date: When it was completed (tasks have no close date), at least. Unix seconds.
            maximum_close_date: When it was completed (tasks have no close date), at most. Unix seconds.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            sort_by: What to sort by; due_date by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)


class Activities(Records):
    """The records of the type `activity_log`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.activities.create(parent=ada, type={'category': 'user', 'id': 0}, details='Met')")
    def create(self, **fields: Unpack[ActivityFields]) -> Record:
        """Create an activity; fires `activity_log/new`.

        Args:
            parent: What it was done for. `{id, type}` of a lead, person, company, opportunity, project, task.
            type: Kind of activity. `{category, id}` of a user activity type.
            user_id: Who did it; the caller if none is given. Id of one of `users`.
            details: What was done.
            activity_date: When it was done; now if none is given. Unix seconds, or mm/dd/yyyy.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.activities.create_many([{'parent': ada, ...}, {'parent': bob, ...}])")
    def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = self._write(self._creating(rows))
        return made

    @written_like("copper.activities.update(17, details='Met')")
    def update(self, id: int | Record, **fields: Unpack[ActivityChanges]) -> Record:
        """Change fields; fires `activity_log/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            user_id: Who did it; the caller if none is given. Id of one of `users`.
            details: What was done.
            activity_date: When it was done; now if none is given. Unix seconds, or mm/dd/yyyy.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.activities.update_many([17, 18], details='Met')")
    def update_many(self, ids: Iterable[int | Record], **fields: Unpack[ActivityChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = self._write(self._updating(ids, fields))
        return changed

    def delete(self, id: int | Record) -> None:
        """Delete a record; fires `activity_log/delete`. Raises NotFound."""
        self._write(self._deleting([id]))

    def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        self._write(self._deleting(ids))

    def search(self, **filters: Unpack[ActivityFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            parent: What they were done for. `{id, type}` of a lead, person, company, opportunity, project, task.
            activity_types: Types of activities, any.
            user_ids: Users who did them.
            minimum_activity_date: When it was done, at least. Unix seconds.
            maximum_activity_date: When it was done, at most. Unix seconds.
            full_result: Ignored: every activity is found, and each once, with it and without it.
            sort_by: What to sort by; activity_date by default.
            sort_direction: desc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)


@calls_noted
class AsyncLeads(AsyncRecords):
    """The records of the type `lead`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.leads.create(name='Ada')")
    async def create(self, **fields: Unpack[LeadFields]) -> Record:
        """Create a lead; fires `lead/new`.

        Args:
            name: Full name of the lead.
            prefix: Title before the name, like Dr.
            first_name: First name; worked out from the name.
            last_name: Last name; worked out from the name.
            middle_name: Middle name; worked out from the name.
            suffix: What follows the name, like Jr.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            company_name: The company the lead works for.
            customer_source_id: Where the customer came from. Id of one of `customer_sources`.
            details: Description.
            email: Email address, a single one. `{email, category}`; the category is work, personal or other.
            monetary_unit: Currency, three letters; kept only with a value.
            monetary_value: Expected value. Number.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            status: Status by its name; status_id wins if both are written. Name of one of `lead_statuses`.
            status_id: Status by its id. Id of one of `lead_statuses`.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            title: Professional title.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = await self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.leads.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    async def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = await self._write(self._creating(rows))
        return made

    @written_like("copper.leads.update(17, name='Grace')")
    async def update(self, id: int | Record, **fields: Unpack[LeadChanges]) -> Record:
        """Change fields; fires `lead/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the lead.
            prefix: Title before the name, like Dr.
            first_name: First name; worked out from the name.
            last_name: Last name; worked out from the name.
            middle_name: Middle name; worked out from the name.
            suffix: What follows the name, like Jr.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            company_name: The company the lead works for.
            customer_source_id: Where the customer came from. Id of one of `customer_sources`.
            details: Description.
            email: Email address, a single one. `{email, category}`; the category is work, personal or other.
            monetary_unit: Currency, three letters; kept only with a value.
            monetary_value: Expected value. Number.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            status: Status by its name; status_id wins if both are written. Name of one of `lead_statuses`.
            status_id: Status by its id. Id of one of `lead_statuses`.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            title: Professional title.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = await self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.leads.update_many([17, 18], name='Grace')")
    async def update_many(self, ids: Iterable[int | Record], **fields: Unpack[LeadChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = await self._write(self._updating(ids, fields))
        return changed

    async def delete(self, id: int | Record) -> None:
        """Delete a record; fires `lead/delete`. Raises NotFound."""
        await self._write(self._deleting([id]))

    async def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        await self._write(self._deleting(ids))

    def search(self, **filters: Unpack[LeadFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            status_ids: Lead statuses.
            customer_source_ids: Customer sources; -2 for none.
            name: Full name: the whole text, whatever its case.
            first_name: First name: the whole text, whatever its case.
            middle_name: Middle name: the whole text, whatever its case.
            last_name: Last name: the whole text, whatever its case.
            emails: Email address, any, whatever its case.
            phone_number: Phone number, any: it ends in these digits. More than 6 match fuzzily, without up to 6 of the
                first, unless the match is partial.
            company_name: Company name: the whole text, whatever its case.
            title: Professional title: the whole text, whatever its case.
            city: The city of the address, whatever its case; an empty text for records without one.
            state: The state of the address, whatever its case; an empty text for records without one.
            postal_code: The postal code of the address, whatever its case; an empty text for records without one.
            country: The country of the address, whatever its case; an empty text for records without one.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            socials: Social profiles, any: whole URLs, whatever their case.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            age: Seconds since its creation, at most.
            minimum_monetary_value: Monetary value, at least.
            maximum_monetary_value: Monetary value, at most.
            minimum_interaction_count: Number of interactions, at least.
            maximum_interaction_count: Number of interactions, at most.
            minimum_interaction_date: Last interaction, at least. Unix seconds.
            maximum_interaction_date: Last interaction, at most. Unix seconds.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            include_converted_leads: Also leads that were converted and kept; they are left out otherwise.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            fields: In Copper's OpenAPI document without a meaning; ignored.
            sort_by: What to sort by; name by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)

    async def convert(
        self,
        id: int | Record,
        *,
        person: ConvertedPerson | None = None,
        company: ConvertedCompany | Record | None = None,
        opportunity: ConvertedOpportunity | None = None,
    ) -> Converted:
        """Convert a lead into a person with a company and, if asked for, an opportunity.

        Each created record fires `new`, and the lead `delete` (setting `lead_conversion`).

        Args:
            id: the lead or its id.
            person: where the person should differ from the lead, any of name, contact_type_id, assignee_id.
            company: the company itself, or any of id, name, exact_match.
            opportunity: without it none is created; {}, or any of name, pipeline_id, pipeline_stage_id, monetary_value,
                assignee_id.

        Raises:
            NotFound: there is no such lead.
            Invalid: the API would refuse it; the text is Copper's own.
        """
        parts = self._converting(id, person=person, company=company, opportunity=opportunity)
        became: dict[str, Record] = await self._write(parts)
        return Converted(became["person"], became.get("company"), became.get("opportunity"))


@calls_noted
class AsyncPeople(AsyncRecords):
    """The records of the type `person`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.people.create(name='Ada')")
    async def create(self, **fields: Unpack[PersonFields]) -> Record:
        """Create a person; fires `person/new`.

        Args:
            name: Full name of the person.
            prefix: Title before the name, like Dr.
            first_name: First name; worked out from the name.
            middle_name: Middle name; worked out from the name.
            last_name: Last name; worked out from the name.
            suffix: What follows the name, like Jr.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            company_id: The company the person works for; later only through related items. Id of a company.
            contact_type_id: Kind of contact. Id of one of `contact_types`.
            details: Description.
            emails: Email addresses; each belongs to one person of the account. List of `{email, category}`; the
                category is work, personal or other.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            title: Professional title.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = await self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.people.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    async def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = await self._write(self._creating(rows))
        return made

    @written_like("copper.people.update(17, name='Grace')")
    async def update(self, id: int | Record, **fields: Unpack[PersonChanges]) -> Record:
        """Change fields; fires `person/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the person.
            prefix: Title before the name, like Dr.
            first_name: First name; worked out from the name.
            middle_name: Middle name; worked out from the name.
            last_name: Last name; worked out from the name.
            suffix: What follows the name, like Jr.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            contact_type_id: Kind of contact. Id of one of `contact_types`.
            details: Description.
            emails: Email addresses; each belongs to one person of the account. List of `{email, category}`; the
                category is work, personal or other.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            title: Professional title.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = await self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.people.update_many([17, 18], name='Grace')")
    async def update_many(self, ids: Iterable[int | Record], **fields: Unpack[PersonChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = await self._write(self._updating(ids, fields))
        return changed

    async def delete(self, id: int | Record) -> None:
        """Delete a record; fires `person/delete`. Raises NotFound."""
        await self._write(self._deleting([id]))

    async def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        await self._write(self._deleting(ids))

    def search(self, **filters: Unpack[PersonFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            contact_type_ids: Contact types.
            company_ids: Companies; -2 for none.
            opportunity_ids: Opportunities they are related to.
            name: Full name: the whole text, whatever its case.
            emails: Email addresses, any, whatever their case.
            phone_number: Phone number, any: it ends in these digits. More than 6 match fuzzily, without up to 6 of the
                first, unless the match is partial.
            phone_numbers: Phone number, any: it ends in these digits. More than 6 match fuzzily, without up to 6 of the
                first, unless the match is partial.
            title: Professional title: the whole text, whatever its case.
            city: The city of the address, whatever its case; an empty text for records without one.
            state: The state of the address, whatever its case; an empty text for records without one.
            postal_code: The postal code of the address, whatever its case; an empty text for records without one.
            country: The country of the address, whatever its case; an empty text for records without one.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            socials: Social profiles, any: whole URLs, whatever their case.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            age: Seconds since its creation, at most.
            minimum_interaction_count: Number of interactions, at least.
            maximum_interaction_count: Number of interactions, at most.
            minimum_interaction_date: Last interaction, at least. Unix seconds.
            maximum_interaction_date: Last interaction, at most. Unix seconds.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            fields: In Copper's OpenAPI document without a meaning; ignored.
            sort_by: What to sort by; first_name by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)

    async def merge(self, winner: int | Record, loser: int | Record) -> Record:
        """Merge two records: the winner takes what it lacks from the loser, which is deleted.

        Fires `person/delete` for the loser, and `person/update` for the winner if it changed.

        Raises:
            NotFound: there is no such record.
            UsageError: both are the same record.
        """
        merged: Record = await self._write(self._merging(winner, loser))
        return merged


@calls_noted
class AsyncCompanies(AsyncRecords):
    """The records of the type `company`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.companies.create(name='Ada')")
    async def create(self, **fields: Unpack[CompanyFields]) -> Record:
        """Create a company; fires `company/new`.

        Args:
            name: Full name of the company.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            contact_type_id: Kind of contact. Id of one of `contact_types`.
            details: Description.
            email_domain: Domain of its email addresses; belongs to one company of the account.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            primary_contact_id: The person to talk to. Id of a person.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = await self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.companies.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    async def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = await self._write(self._creating(rows))
        return made

    @written_like("copper.companies.update(17, name='Grace')")
    async def update(self, id: int | Record, **fields: Unpack[CompanyChanges]) -> Record:
        """Change fields; fires `company/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the company.
            address: Postal address. `{street, city, state, postal_code, country}`.
            assignee_id: The user it is assigned to. Id of one of `users`.
            contact_type_id: Kind of contact. Id of one of `contact_types`.
            details: Description.
            email_domain: Domain of its email addresses; belongs to one company of the account.
            phone_numbers: Phone numbers. List of `{number, category}`; the category is mobile, work, home or other.
            primary_contact_id: The person to talk to. Id of a person.
            socials: Social profiles. List of `{url, category}`; the category is linkedin, twitter, googleplus,
                facebook, youtube, quora, foursquare, klout, gravatar or other.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            websites: Websites. List of `{url, category}`; the category is work, personal or other.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = await self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.companies.update_many([17, 18], name='Grace')")
    async def update_many(self, ids: Iterable[int | Record], **fields: Unpack[CompanyChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = await self._write(self._updating(ids, fields))
        return changed

    async def delete(self, id: int | Record) -> None:
        """Delete a record; fires `company/delete`. Raises NotFound."""
        await self._write(self._deleting([id]))

    async def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        await self._write(self._deleting(ids))

    def search(self, **filters: Unpack[CompanyFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            contact_type_ids: Contact types.
            primary_contact_ids: People who are its primary contact.
            name: Full name: the whole text, whatever its case.
            email_domain: Email domains, any, whatever their case.
            email_domains: Email domains, any, whatever their case.
            phone_number: Phone number, any: it ends in these digits. More than 6 match fuzzily, without up to 6 of the
                first, unless the match is partial.
            city: The city of the address, whatever its case; an empty text for records without one.
            state: The state of the address, whatever its case; an empty text for records without one.
            postal_code: The postal code of the address, whatever its case; an empty text for records without one.
            country: The country of the address, whatever its case; an empty text for records without one.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            socials: Social profiles, any: whole URLs, whatever their case.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            age: Seconds since its creation, at most.
            minimum_interaction_count: Number of interactions, at least.
            maximum_interaction_count: Number of interactions, at most.
            minimum_interaction_date: Last interaction, at least; companies show none, their activities tell. Unix
                seconds.
            maximum_interaction_date: Last interaction, at most; companies show none, their activities tell. Unix
                seconds.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            fields: In Copper's OpenAPI document without a meaning; ignored.
            sort_by: What to sort by; date_modified by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)

    async def merge(self, winner: int | Record, loser: int | Record) -> Record:
        """Merge two records: the winner takes what it lacks from the loser, which is deleted.

        Fires `company/delete` for the loser, and `company/update` for the winner if it changed.

        Raises:
            NotFound: there is no such record.
            UsageError: both are the same record.
        """
        merged: Record = await self._write(self._merging(winner, loser))
        return merged


@calls_noted
class AsyncOpportunities(AsyncRecords):
    """The records of the type `opportunity`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.opportunities.create(name='Ada')")
    async def create(self, **fields: Unpack[OpportunityFields]) -> Record:
        """Create an opportunity; fires `opportunity/new`.

        Args:
            name: Full name of the opportunity.
            assignee_id: The user it is assigned to. Id of one of `users`.
            close_date: Expected or actual day of its end. M/D/YYYY, or D/M/YYYY if D is over 12.
            company_id: The company; that of the primary contact if none is given. Id of a company.
            customer_source_id: Where the customer came from. Id of one of `customer_sources`.
            details: Description.
            loss_reason_id: Why it was lost. Id of one of `loss_reasons`.
            pipeline_id: Its pipeline. Id of one of `pipelines`.
            pipeline_stage_id: Its stage; the first of its pipeline if none is given. Id of a pipeline's stage.
            primary_contact_id: The person to talk to. Id of a person.
            priority: Priority.
            status: Status.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            monetary_unit: Currency, three letters; kept only with a value.
            monetary_value: Expected value. Number.
            win_probability: Per cent; that of the stage if none is given. Whole number from 0 to 100.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = await self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.opportunities.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    async def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = await self._write(self._creating(rows))
        return made

    @written_like("copper.opportunities.update(17, name='Grace')")
    async def update(self, id: int | Record, **fields: Unpack[OpportunityChanges]) -> Record:
        """Change fields; fires `opportunity/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the opportunity.
            assignee_id: The user it is assigned to. Id of one of `users`.
            close_date: Expected or actual day of its end. M/D/YYYY, or D/M/YYYY if D is over 12.
            company_id: The company; that of the primary contact if none is given. Id of a company.
            customer_source_id: Where the customer came from. Id of one of `customer_sources`.
            details: Description.
            loss_reason_id: Why it was lost. Id of one of `loss_reasons`.
            pipeline_id: Its pipeline. Id of one of `pipelines`.
            pipeline_stage_id: Its stage; the first of its pipeline if none is given. Id of a pipeline's stage.
            primary_contact_id: The person to talk to. Id of a person.
            priority: Priority.
            status: Status.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            monetary_unit: Currency, three letters; kept only with a value.
            monetary_value: Expected value. Number.
            win_probability: Per cent; that of the stage if none is given. Whole number from 0 to 100.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = await self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.opportunities.update_many([17, 18], name='Grace')")
    async def update_many(self, ids: Iterable[int | Record], **fields: Unpack[OpportunityChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = await self._write(self._updating(ids, fields))
        return changed

    async def delete(self, id: int | Record) -> None:
        """Delete a record; fires `opportunity/delete`. Raises NotFound."""
        await self._write(self._deleting([id]))

    async def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        await self._write(self._deleting(ids))

    def search(self, **filters: Unpack[OpportunityFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            company_ids: Companies; -2 or an empty list for none.
            primary_contact_ids: People who are its primary contact.
            pipeline_ids: Pipelines.
            pipeline_stage_ids: Stages of pipelines.
            loss_reason_ids: Loss reasons; -2 for none.
            customer_source_ids: Customer sources; -2 for none.
            statuses: Its status, any.
            status_ids: Its status by number, any: 0 Open, 1 Won, 2 Lost, 3 Abandoned.
            priorities: Its priority, any.
            priority_ids: Its priority by number, any: 0 None, 1 Low, 2 Medium, 3 High.
            name: Full name: the whole text, whatever its case.
            company_name: Name of its company: the whole text, whatever its case.
            close_date: Day of its end. Unix seconds, or M/D/YYYY, or D/M/YYYY if D is over 12.
            minimum_close_date: Day of its end, at least. Unix seconds, or M/D/YYYY, or D/M/YYYY if D is over 12.
            maximum_close_date: Day of its end, at most. Unix seconds, or M/D/YYYY, or D/M/YYYY if D is over 12.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            age: Seconds since its creation, at most.
            minimum_monetary_value: Monetary value, at least.
            maximum_monetary_value: Monetary value, at most.
            minimum_win_probability: Win probability in per cent, at least.
            maximum_win_probability: Win probability in per cent, at most.
            minimum_interaction_count: Number of interactions, at least.
            maximum_interaction_count: Number of interactions, at most.
            minimum_interaction_date: Last interaction, at least. Unix seconds.
            maximum_interaction_date: Last interaction, at most. Unix seconds.
            minimum_stage_change_date: When it came to its stage, at least. Unix seconds.
            maximum_stage_change_date: When it came to its stage, at most. Unix seconds.
            minimum_date_stage_changed: When it came to its stage, at least. Unix seconds.
            maximum_date_stage_changed: When it came to its stage, at most. Unix seconds.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            fields: In Copper's OpenAPI document without a meaning; ignored.
            sort_by: What to sort by; name by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)


@calls_noted
class AsyncProjects(AsyncRecords):
    """The records of the type `project`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.projects.create(name='Ada')")
    async def create(self, **fields: Unpack[ProjectFields]) -> Record:
        """Create a project; fires `project/new`.

        Args:
            name: Full name of the project.
            related_resource: What it belongs to. `{id, type}` of a person, company, opportunity.
            assignee_id: The user it is assigned to. Id of one of `users`.
            status: Status.
            details: Description.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = await self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.projects.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    async def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = await self._write(self._creating(rows))
        return made

    @written_like("copper.projects.update(17, name='Grace')")
    async def update(self, id: int | Record, **fields: Unpack[ProjectChanges]) -> Record:
        """Change fields; fires `project/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the project.
            assignee_id: The user it is assigned to. Id of one of `users`.
            status: Status.
            details: Description.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = await self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.projects.update_many([17, 18], name='Grace')")
    async def update_many(self, ids: Iterable[int | Record], **fields: Unpack[ProjectChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = await self._write(self._updating(ids, fields))
        return changed

    async def delete(self, id: int | Record) -> None:
        """Delete a record; fires `project/delete`. Raises NotFound."""
        await self._write(self._deleting([id]))

    async def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        await self._write(self._deleting(ids))

    def search(self, **filters: Unpack[ProjectFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            statuses: Its status, any.
            status_ids: Its status by number, any: 0 Open, 1 Completed.
            name: Full name: the whole text, whatever its case.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            sort_by: What to sort by; name by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)


@calls_noted
class AsyncTasks(AsyncRecords):
    """The records of the type `task`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.tasks.create(name='Ada')")
    async def create(self, **fields: Unpack[TaskFields]) -> Record:
        """Create a task; fires `task/new`.

        Args:
            name: Full name of the task.
            related_resource: What it belongs to. `{id, type}` of a lead, person, company, opportunity, project.
            assignee_id: The user it is assigned to. Id of one of `users`.
            due_date: When it is due. Unix seconds, or mm/dd/yyyy.
            reminder_date: When to remind of it. Unix seconds, or mm/dd/yyyy.
            priority: Priority.
            status: Status.
            details: Description.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.
            custom_activity_type_id: Kind of task. Id of one of `custom_activity_types`.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = await self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.tasks.create_many([{'name': 'Ada'}, {'name': 'Bob'}])")
    async def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = await self._write(self._creating(rows))
        return made

    @written_like("copper.tasks.update(17, name='Grace')")
    async def update(self, id: int | Record, **fields: Unpack[TaskChanges]) -> Record:
        """Change fields; fires `task/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            name: Full name of the task.
            assignee_id: The user it is assigned to. Id of one of `users`.
            due_date: When it is due. Unix seconds, or mm/dd/yyyy.
            reminder_date: When to remind of it. Unix seconds, or mm/dd/yyyy.
            priority: Priority.
            status: Status.
            details: Description.
            tags: Tags; a write replaces all of them. List of texts of at most 50 characters.
            custom_fields: Values of custom fields. Those that are not named stay as they are. List of
                `{custom_field_definition_id, value}`.
            custom_activity_type_id: Kind of task. Id of one of `custom_activity_types`.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = await self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.tasks.update_many([17, 18], name='Grace')")
    async def update_many(self, ids: Iterable[int | Record], **fields: Unpack[TaskChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = await self._write(self._updating(ids, fields))
        return changed

    async def delete(self, id: int | Record) -> None:
        """Delete a record; fires `task/delete`. Raises NotFound."""
        await self._write(self._deleting([id]))

    async def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        await self._write(self._deleting(ids))

    def search(self, **filters: Unpack[TaskFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            ids: Ids of records; none for an empty list.
            assignee_ids: Users they are assigned to; -2 for none.
            opportunity_ids: Opportunities they belong to; -2 or an empty list for none.
            project_ids: Projects they belong to; -2 for none.
            related_resource: What they belong to. `{id, type}` of a lead, person, company, opportunity, project.
            statuses: Its status, any.
            status_ids: Its status by number, any: 0 Open, 1 Completed.
            priorities: Its priority, any.
            priority_ids: Its priority by number, any: 0 None, 1 Low, 2 Medium, 3 High.
            name: Full name: the whole text, whatever its case.
            phrase: Text anywhere in the name, whatever its case.
            tags: Tags, any of which will do, or all with the option ALL; an empty list for records without tags. List
                of texts, or `{option, value}` with the option ANY or ALL.
            followed: 1 followed, 2 not followed. Nobody follows anything in the emulator: 1 finds nothing, 2 filters
                nothing.
            minimum_due_date: When it is due, at least. Unix seconds.
            maximum_due_date: When it is due, at most. Unix seconds.
            minimum_reminder_date: When to remind of it, at least. Unix seconds.
            maximum_reminder_date: When to remind of it, at most. Unix seconds.
            minimum_completed_date: When it was completed, at least. Unix seconds.
            maximum_completed_date: When it was completed, at most. Unix seconds.
            minimum_close_date: When it was completed (tasks have no close date), at least. Unix seconds.
            maximum_close_date: When it was completed (tasks have no close date), at most. Unix seconds.
            minimum_created_date: When it was created, at least. Unix seconds.
            maximum_created_date: When it was created, at most. Unix seconds.
            minimum_modified_date: When it was last changed, at least. Unix seconds.
            maximum_modified_date: When it was last changed, at most. Unix seconds.
            custom_fields: Custom fields, all of which must fit: a value or a range by the field's data type; for
                options a list of ids, with allow_empty also those without one, for a MultiSelect with the option any,
                all or none. Texts are compared as a whole, whatever their case (Copper does not search them).
            sort_by: What to sort by; due_date by default.
            sort_direction: asc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)


@calls_noted
class AsyncActivities(AsyncRecords):
    """The records of the type `activity_log`.

    A record or an entry of `copper.lookups` may stand for its id, and a date or datetime for a day or seconds.
    """

    @written_like("copper.activities.create(parent=ada, type={'category': 'user', 'id': 0}, details='Met')")
    async def create(self, **fields: Unpack[ActivityFields]) -> Record:
        """Create an activity; fires `activity_log/new`.

        Args:
            parent: What it was done for. `{id, type}` of a lead, person, company, opportunity, project, task.
            type: Kind of activity. `{category, id}` of a user activity type.
            user_id: Who did it; the caller if none is given. Id of one of `users`.
            details: What was done.
            activity_date: When it was done; now if none is given. Unix seconds, or mm/dd/yyyy.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        made: list[Record] = await self._write(self._creating([fields]))
        return made[0]

    @written_like("copper.activities.create_many([{'parent': ada, ...}, {'parent': bob, ...}])")
    async def create_many(self, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Create records in one action, from the fields `create` takes; notifications have up to 30 ids."""
        made: list[Record] = await self._write(self._creating(rows))
        return made

    @written_like("copper.activities.update(17, details='Met')")
    async def update(self, id: int | Record, **fields: Unpack[ActivityChanges]) -> Record:
        """Change fields; fires `activity_log/update` if anything changed. None clears a field.

        Args:
            id: the record or its id.
            user_id: Who did it; the caller if none is given. Id of one of `users`.
            details: What was done.
            activity_date: When it was done; now if none is given. Unix seconds, or mm/dd/yyyy.

        Raises:
            NotFound: there is no such record.
            Invalid: the API would refuse it; the text is Copper's own.
            UsageError: a value is not JSON, so it could not be sent to the API, or a field is not writable.
        """
        changed: list[Record] = await self._write(self._updating([id], fields))
        return changed[0]

    @written_like("copper.activities.update_many([17, 18], details='Met')")
    async def update_many(self, ids: Iterable[int | Record], **fields: Unpack[ActivityChanges]) -> list[Record]:
        """Change records in one action; one notification holds only records with the same old and new values."""
        changed: list[Record] = await self._write(self._updating(ids, fields))
        return changed

    async def delete(self, id: int | Record) -> None:
        """Delete a record; fires `activity_log/delete`. Raises NotFound."""
        await self._write(self._deleting([id]))

    async def delete_many(self, ids: Iterable[int | Record]) -> None:
        """Delete records in one action; notifications have up to 30 ids."""
        await self._write(self._deleting(ids))

    def search(self, **filters: Unpack[ActivityFilters]) -> list[Record]:
        """Return the records that match every filter, as they are now: the setting `search_lag` does not apply here.

        Args:
            parent: What they were done for. `{id, type}` of a lead, person, company, opportunity, project, task.
            activity_types: Types of activities, any.
            user_ids: Users who did them.
            minimum_activity_date: When it was done, at least. Unix seconds.
            maximum_activity_date: When it was done, at most. Unix seconds.
            full_result: Ignored: every activity is found, and each once, with it and without it.
            sort_by: What to sort by; activity_date by default.
            sort_direction: desc by default.
            page_number: The page, counted from 1.
            page_size: Records per page; all by default.

        Raises:
            Invalid: the API would refuse it; the text is Copper's own.
        """
        return self._found(filters)
