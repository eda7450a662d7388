"""Which fields do entries of an account's lookup tables have in Python?

Generated from the tables in `core/records`; do not edit, but run `make generate` after changing the tables. It is
longer than a module should be because it spells out every field, for editors, type checkers and `help()`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Required, TypeAlias, TypedDict, Unpack

from copper_emulator.core.attributes import Attributes
from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.lookup_entry import LookupEntry
from copper_emulator.lookups import AccountDetails, LookupTable
from copper_emulator.shell.any_tenant import AnyTenant

__tracebackhide__ = raised_on_purpose

IconType: TypeAlias = Literal[
    "Message",
    "Phone",
    "Event",
    "Assignment",
    "Assessment",
    "Group",
    "Description",
    "Speaker Notes",
    "Forum",
    "Web",
    "Loyalty",
    "Content Paste",
    "Headset",
    "Share",
    "Navigation",
    "Notification",
    "Voicemail",
    "Room",
    "Edit",
    "Send",
    "Videocam",
    "Play Arrow",
    "Grocery Store",
    "Mic",
    "Camera Mic",
    "Todo",
]

DataType: TypeAlias = Literal[
    "String",
    "Text",
    "URL",
    "Date",
    "Checkbox",
    "Float",
    "Currency",
    "Percentage",
    "Dropdown",
    "MultiSelect",
    "Connect",
]


class UserFields(TypedDict, total=False):
    """The fields `lookups.users.add` takes."""

    id: int
    name: Required[str]
    email: Required[str]
    groups: Sequence[str | Mapping[str, Any]] | None


class UserChanges(TypedDict, total=False):
    """The fields `lookups.users.update` takes."""

    name: str
    email: str
    groups: Sequence[str | Mapping[str, Any]] | None


class Users(LookupTable):
    """The account's `users`."""

    def add(self, **fields: Unpack[UserFields]) -> LookupEntry:
        """Add a user. Raises Invalid.

        Args:
            id: Its id; by default the next free one.
            name: Its name.
            email: Email address.
            groups: Groups it is a member of. List of `{id, name}`.
        """
        return self._added(fields)

    def update(self, id: int | LookupEntry, **fields: Unpack[UserChanges]) -> LookupEntry:
        """Change a user; sends no notifications. Raises NotFound, Invalid.

        Args:
            id: the entry or its id.
            name: Its name.
            email: Email address.
            groups: Groups it is a member of. List of `{id, name}`.
        """
        return self._updated(id, fields)


class LeadStatusFields(TypedDict, total=False):
    """The fields `lookups.lead_statuses.add` takes."""

    id: int
    name: Required[str]
    order: int | None
    is_default: bool | None


class LeadStatusChanges(TypedDict, total=False):
    """The fields `lookups.lead_statuses.update` takes."""

    name: str
    order: int | None
    is_default: bool | None


class LeadStatuses(LookupTable):
    """The account's `lead_statuses`."""

    def add(self, **fields: Unpack[LeadStatusFields]) -> LookupEntry:
        """Add a lead status. Raises Invalid.

        Args:
            id: Its id; by default the next free one.
            name: Its name.
            order: Its place in the list. Whole number from 0 to 1,000.
            is_default: Whether new leads have it.
        """
        return self._added(fields)

    def update(self, id: int | LookupEntry, **fields: Unpack[LeadStatusChanges]) -> LookupEntry:
        """Change a lead status; sends no notifications. Raises NotFound, Invalid.

        Args:
            id: the entry or its id.
            name: Its name.
            order: Its place in the list. Whole number from 0 to 1,000.
            is_default: Whether new leads have it.
        """
        return self._updated(id, fields)


class CustomerSourceFields(TypedDict, total=False):
    """The fields `lookups.customer_sources.add` takes."""

    id: int
    name: Required[str]


class CustomerSourceChanges(TypedDict, total=False):
    """The fields `lookups.customer_sources.update` takes."""

    name: str


class CustomerSources(LookupTable):
    """The account's `customer_sources`."""

    def add(self, **fields: Unpack[CustomerSourceFields]) -> LookupEntry:
        """Add a customer source. Raises Invalid.

        Args:
            id: Its id; by default the next free one.
            name: Its name.
        """
        return self._added(fields)

    def update(self, id: int | LookupEntry, **fields: Unpack[CustomerSourceChanges]) -> LookupEntry:
        """Change a customer source; sends no notifications. Raises NotFound, Invalid.

        Args:
            id: the entry or its id.
            name: Its name.
        """
        return self._updated(id, fields)


class LossReasonFields(TypedDict, total=False):
    """The fields `lookups.loss_reasons.add` takes."""

    id: int
    name: Required[str]


class LossReasonChanges(TypedDict, total=False):
    """The fields `lookups.loss_reasons.update` takes."""

    name: str


class LossReasons(LookupTable):
    """The account's `loss_reasons`."""

    def add(self, **fields: Unpack[LossReasonFields]) -> LookupEntry:
        """Add a loss reason. Raises Invalid.

        Args:
            id: Its id; by default the next free one.
            name: Its name.
        """
        return self._added(fields)

    def update(self, id: int | LookupEntry, **fields: Unpack[LossReasonChanges]) -> LookupEntry:
        """Change a loss reason; sends no notifications. Raises NotFound, Invalid.

        Args:
            id: the entry or its id.
            name: Its name.
        """
        return self._updated(id, fields)


class ContactTypeFields(TypedDict, total=False):
    """The fields `lookups.contact_types.add` takes."""

    id: int
    name: Required[str]


class ContactTypeChanges(TypedDict, total=False):
    """The fields `lookups.contact_types.update` takes."""

    name: str


class ContactTypes(LookupTable):
    """The account's `contact_types`."""

    def add(self, **fields: Unpack[ContactTypeFields]) -> LookupEntry:
        """Add a contact type. Raises Invalid.

        Args:
            id: Its id; by default the next free one.
            name: Its name.
        """
        return self._added(fields)

    def update(self, id: int | LookupEntry, **fields: Unpack[ContactTypeChanges]) -> LookupEntry:
        """Change a contact type; sends no notifications. Raises NotFound, Invalid.

        Args:
            id: the entry or its id.
            name: Its name.
        """
        return self._updated(id, fields)


class PipelineFields(TypedDict, total=False):
    """The fields `lookups.pipelines.add` takes."""

    id: int
    name: Required[str]
    stages: Required[Sequence[str | Mapping[str, Any]]]
    type: Literal["opportunity", "project", "item"] | None
    is_revenue: bool | None


class PipelineChanges(TypedDict, total=False):
    """The fields `lookups.pipelines.update` takes."""

    name: str
    stages: Sequence[str | Mapping[str, Any]]
    type: Literal["opportunity", "project", "item"] | None
    is_revenue: bool | None


class Pipelines(LookupTable):
    """The account's `pipelines`."""

    def add(self, **fields: Unpack[PipelineFields]) -> LookupEntry:
        """Add a pipeline. Raises Invalid.

        Args:
            id: Its id; by default the next free one.
            name: Its name.
            stages: Its stages, in order. List of `{id, name, win_probability}`.
            type: What it is for.
            is_revenue: Whether it brings revenue.
        """
        return self._added(fields)

    def update(self, id: int | LookupEntry, **fields: Unpack[PipelineChanges]) -> LookupEntry:
        """Change a pipeline; sends no notifications. Raises NotFound, Invalid.

        Args:
            id: the entry or its id.
            name: Its name.
            stages: Its stages, in order. List of `{id, name, win_probability}`.
            type: What it is for.
            is_revenue: Whether it brings revenue.
        """
        return self._updated(id, fields)


class ActivityTypeFields(TypedDict, total=False):
    """The fields `lookups.activity_types.add` takes."""

    id: int
    category: Literal["user", "system"] | None
    name: Required[str]
    is_disabled: bool | None
    count_as_interaction: bool | None


class ActivityTypeChanges(TypedDict, total=False):
    """The fields `lookups.activity_types.update` takes."""

    category: Literal["user", "system"] | None
    name: str
    is_disabled: bool | None
    count_as_interaction: bool | None


class ActivityTypes(LookupTable):
    """The account's `activity_types`."""

    def add(self, **fields: Unpack[ActivityTypeFields]) -> LookupEntry:
        """Add an activity type. Raises Invalid.

        Args:
            id: Its id; by default the next free one.
            category: Whether people or Copper itself write it.
            name: Its name.
            is_disabled: Whether new activities can no longer have it.
            count_as_interaction: Whether it counts for interaction_count.
        """
        return self._added(fields)

    def update(self, id: int | LookupEntry, **fields: Unpack[ActivityTypeChanges]) -> LookupEntry:
        """Change an activity type; sends no notifications. Raises NotFound, Invalid.

        Args:
            id: the entry or its id.
            category: Whether people or Copper itself write it.
            name: Its name.
            is_disabled: Whether new activities can no longer have it.
            count_as_interaction: Whether it counts for interaction_count.
        """
        return self._updated(id, fields)


class CustomActivityTypeFields(TypedDict, total=False):
    """The fields `lookups.custom_activity_types.add` takes."""

    id: int
    name: Required[str]
    icon_type: IconType | None
    is_disabled: bool | None
    is_interaction: bool | None
    is_default_task_type: bool | None


class CustomActivityTypeChanges(TypedDict, total=False):
    """The fields `lookups.custom_activity_types.update` takes."""

    name: str
    icon_type: IconType | None
    is_disabled: bool | None
    is_interaction: bool | None
    is_default_task_type: bool | None


class CustomActivityTypes(LookupTable):
    """The account's `custom_activity_types`."""

    def add(self, **fields: Unpack[CustomActivityTypeFields]) -> LookupEntry:
        """Add a custom activity type. Raises Invalid.

        Args:
            id: Its id; by default the next free one.
            name: Its name.
            icon_type: Its icon.
            is_disabled: Whether new activities can no longer have it.
            is_interaction: Whether it counts as an interaction.
            is_default_task_type: Whether new tasks have it.
        """
        return self._added(fields)

    def update(self, id: int | LookupEntry, **fields: Unpack[CustomActivityTypeChanges]) -> LookupEntry:
        """Change a custom activity type; sends no notifications. Raises NotFound, Invalid.

        Args:
            id: the entry or its id.
            name: Its name.
            icon_type: Its icon.
            is_disabled: Whether new activities can no longer have it.
            is_interaction: Whether it counts as an interaction.
            is_default_task_type: Whether new tasks have it.
        """
        return self._updated(id, fields)


class CustomFieldDefinitionFields(TypedDict, total=False):
    """The fields `lookups.custom_field_definitions.add` takes."""

    id: int
    name: Required[str]
    canonical_name: str | None
    data_type: Required[DataType]
    available_on: Sequence[Literal["lead", "person", "company", "opportunity", "project", "task"]] | None
    is_filterable: bool | None
    options: Sequence[str | Mapping[str, Any]] | None
    currency: str | None
    connected_id: int | None


class CustomFieldDefinitionChanges(TypedDict, total=False):
    """The fields `lookups.custom_field_definitions.update` takes."""

    name: str
    available_on: Sequence[Literal["lead", "person", "company", "opportunity", "project", "task"]] | None
    is_filterable: bool | None
    options: Sequence[str | Mapping[str, Any]] | None
    currency: str | None


class CustomFieldDefinitions(LookupTable):
    """The account's `custom_field_definitions`."""

    def add(self, **fields: Unpack[CustomFieldDefinitionFields]) -> LookupEntry:
        """Add a custom field definition. Raises Invalid.

        Args:
            id: Its id; by default the next free one.
            name: Its name.
            canonical_name: A key of its own; Copper calls it Field Key. Shown by the API in answers to writes only.
            data_type: What it holds.
            available_on: The types that have it. List of one of lead, person, company, opportunity, project, task.
            is_filterable: Whether searches and upserts can ask for it.
            options: Options of a Dropdown (one at least) or a MultiSelect (two at least). List of `{id, name, rank}`.
            currency: Of a Currency: three letters.
            connected_id: Of a Connect: the id of the definition at the other end.
        """
        return self._added(fields)

    def update(self, id: int | LookupEntry, **fields: Unpack[CustomFieldDefinitionChanges]) -> LookupEntry:
        """Change a custom field definition; sends no notifications. Raises NotFound, Invalid.

        Args:
            id: the entry or its id.
            name: Its name.
            available_on: The types that have it. List of one of lead, person, company, opportunity, project, task.
            is_filterable: Whether searches and upserts can ask for it.
            options: Options of a Dropdown (one at least) or a MultiSelect (two at least). List of `{id, name, rank}`.
            currency: Of a Currency: three letters.
        """
        return self._updated(id, fields)


class Lookups(Attributes):
    """What records refer to: users, statuses, pipelines and their siblings.

    Changing them lets no time pass and sends no notifications; `reset()` restores those of a new account.
    """

    def __init__(self, tenant: AnyTenant) -> None:
        self.account = AccountDetails(tenant)
        self.users = Users("users", tenant)
        self.lead_statuses = LeadStatuses("lead_statuses", tenant)
        self.customer_sources = CustomerSources("customer_sources", tenant)
        self.loss_reasons = LossReasons("loss_reasons", tenant)
        self.contact_types = ContactTypes("contact_types", tenant)
        self.pipelines = Pipelines("pipelines", tenant)
        self.activity_types = ActivityTypes("activity_types", tenant)
        self.custom_activity_types = CustomActivityTypes("custom_activity_types", tenant)
        self.custom_field_definitions = CustomFieldDefinitions("custom_field_definitions", tenant)

    def __repr__(self) -> str:
        return "<copper.lookups>"
