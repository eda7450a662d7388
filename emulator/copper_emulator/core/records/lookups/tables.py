"""The lookup tables (users, statuses, pipelines, ...), their fields and their entries in a new account.

Names, shapes and most entries come from samples in the developer documentation. Real accounts differ from each other,
so all entries can be changed. The module is a little long because it is one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from copper_emulator.core.findings import BLANK, INVALID, Findings
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.fields import Access, Field, Null, Table
from copper_emulator.core.records.forms.custom import DATA_TYPES
from copper_emulator.core.records.forms.plain import (
    ID_SCHEMA,
    Checkbox,
    Known,
    Number,
    OneOf,
    Several,
    Text,
    Unfit,
    object_schema,
    refuse_unknown,
)

ICONS = (
    *("Message", "Phone", "Event", "Assignment", "Assessment", "Group", "Description", "Speaker Notes", "Forum"),
    *("Web", "Loyalty", "Content Paste", "Headset", "Share", "Navigation", "Notification", "Voicemail", "Room"),
    *("Edit", "Send", "Videocam", "Play Arrow", "Grocery Store", "Mic", "Camera Mic", "Todo"),
)
"""The icons of custom activity types (developer docs)."""

PIPELINE_TYPES = ("opportunity", "project", "item")
"""What pipelines can be for."""

AVAILABLE = tuple(str(kind) for kind in EntityType if kind is not EntityType.ACTIVITY_LOG)
"""The types that can have custom fields."""


@dataclass(frozen=True, slots=True)
class AnyId(Number):
    """The id of an entry, which may be added later."""

    least: int = 1
    most: int = MAX_ID
    whole: bool = True

    @property
    def words(self) -> str:
        return "id"


@dataclass(frozen=True, slots=True)
class Parts:
    """Named parts of an entry, `[{"name": "Apples"}]` or just `["Apples"]`; missing ids are assigned."""

    own: tuple[Field, ...]
    python: str = "Sequence[str | Mapping[str, Any]]"

    @property
    def words(self) -> str:
        return f"list of `{{{', '.join(('id', 'name', *(each.name for each in self.own)))}}}`"

    @property
    def schema(self) -> Mapping[str, Any]:
        name = {"type": "string", "minLength": 1}
        own = {each.name: each.form.schema for each in self.own}
        part = object_schema({"id": ID_SCHEMA, "name": name, **own}, required=("name",))
        return {"type": "array", "items": {"anyOf": [name, part]}}

    def blank(self) -> list[Any]:
        return []

    def read(self, value: Any, known: Known) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise Unfit(INVALID, 'It is a list, like [{"name": "Apples"}].')
        return [self._read(part, known) for part in value]

    def _read(self, part: Any, known: Known) -> dict[str, Any]:
        given = {"name": part} if isinstance(part, str) else part
        if not isinstance(given, dict) or not isinstance(given.get("name"), str) or not given["name"]:
            raise Unfit(INVALID, 'Each has a name, like {"name": "Apples"}.')
        refuse_unknown(given, ("id", "name", *(each.name for each in self.own)))
        kept = {each.name: given.get(each.name, each.default) for each in self.own}
        read = {each.name: each.form.read(kept[each.name], known) for each in self.own if kept[each.name] is not None}
        part_id = {} if given.get("id") is None else {"id": Number(1, MAX_ID, whole=True).read(given["id"], known)}
        return {**part_id, "name": given["name"], **kept, **read}


class Key(Text):
    """A text that serves as a key, kept in lower case (developer docs: it is "automatically downcased")."""

    __slots__ = ()

    def read(self, value: Any, known: Known) -> str:
        return super().read(value, known).lower()


def _name() -> Field:
    return Field("name", Text(), "Its name.", required=True, null=Null.REFUSED)


def _plain(noun: str, plural: str) -> Table:
    return Table(noun, plural, (_name(),))


_DISABLED = Field("is_disabled", Checkbox(), "Whether new activities can no longer have it.", default=False)

LOOKUPS: Mapping[str, Table] = {
    "users": Table(
        "user",
        "users",
        (
            _name(),
            Field("email", Text(), "Email address.", required=True, null=Null.REFUSED),
            Field("groups", Parts(()), "Groups it is a member of."),
        ),
    ),
    "lead_statuses": Table(
        "lead status",
        "lead_statuses",
        (
            _name(),
            Field("order", Number(0, 1_000, whole=True), "Its place in the list."),
            Field("is_default", Checkbox(), "Whether new leads have it.", default=False),
        ),
    ),
    "customer_sources": _plain("customer source", "customer_sources"),
    "loss_reasons": _plain("loss reason", "loss_reasons"),
    "contact_types": _plain("contact type", "contact_types"),
    "pipelines": Table(
        "pipeline",
        "pipelines",
        (
            _name(),
            Field(
                "stages",
                Parts((Field("win_probability", Number(0, 100, whole=True), "Per cent.", default=0),)),
                "Its stages, in order.",
                required=True,
                null=Null.REFUSED,
            ),
            # Added in November 2024 (changelog of the developer docs); the values are those in the docs' overview of
            # opportunities.
            Field("type", OneOf(PIPELINE_TYPES), "What it is for.", null=Null.DEFAULT, default=PIPELINE_TYPES[0]),
            Field("is_revenue", Checkbox(), "Whether it brings revenue.", null=Null.DEFAULT, default=True),
        ),
    ),
    "activity_types": Table(
        "activity type",
        "activity_types",
        (
            Field("category", OneOf(("user", "system")), "Whether people or Copper itself write it.", default="user"),
            _name(),
            _DISABLED,
            Field("count_as_interaction", Checkbox(), "Whether it counts for interaction_count.", default=False),
        ),
    ),
    "custom_activity_types": Table(
        "custom activity type",
        "custom_activity_types",
        (
            _name(),
            Field("icon_type", OneOf(ICONS), "Its icon.", default="Todo"),
            _DISABLED,
            Field("is_interaction", Checkbox(), "Whether it counts as an interaction.", default=False),
            Field("is_default_task_type", Checkbox(), "Whether new tasks have it.", default=False),
        ),
    ),
    "custom_field_definitions": Table(
        "custom field definition",
        "custom_field_definitions",
        (
            _name(),
            Field(
                "canonical_name",
                Key(),
                "A key of its own; Copper calls it Field Key. Shown by the API in answers to writes only.",
                access=Access.CREATE,
            ),
            Field(
                "data_type", OneOf(DATA_TYPES), "What it holds.", required=True, access=Access.CREATE, null=Null.REFUSED
            ),
            Field("available_on", Several(OneOf(AVAILABLE)), "The types that have it."),
            Field("is_filterable", Checkbox(), "Whether searches and upserts can ask for it.", default=True),
            Field(
                "options",
                Parts((Field("rank", Number(0, 1_000, whole=True), "Its place."),)),
                "Options of a Dropdown (one at least) or a MultiSelect (two at least).",
            ),
            Field("currency", Text(), "Of a Currency: three letters."),
            # Recorded in 2025, of two fields of companies that lead to each other ("Parent of", "Child of").
            Field(
                "connected_id",
                AnyId(),
                "Of a Connect: the id of the definition at the other end.",
                access=Access.CREATE,
            ),
        ),
    ),
}
"""The tables by name, which is also their path in the API."""

ID_STARTS: Mapping[str, int] = {
    "users": 137_658,
    "lead_statuses": 208_231,
    "customer_sources": 331_240,
    "loss_reasons": 308_582,
    "contact_types": 451_490,
    "pipelines": 213_214,
    "stages": 987_790,
    "activity_types": 190_711,
    "custom_activity_types": 1,
    "custom_field_definitions": 100_764,
    "options": 262_644,
    "groups": 1,
}
"""Where ids start, in the range of recorded ids."""

ENABLE_LEADS = "setting_enable_leads"
"""The account's setting that switches leads on or off."""

ACCOUNT: Mapping[str, Any] = {
    "id": 100_624,
    "name": "Dev API Sandbox",
    "primary_timezone": "America/Los_Angeles",
    "settings": {"setting_team_permissions_enabled": False, ENABLE_LEADS: True},
    "logo_mini_url": None,
}

SEEDS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "users": (
        {"name": "Demo User", "groups": [{"id": 1, "name": "Sales"}]},
        {"name": "Second User", "email": "second@example.com"},
    ),
    "lead_statuses": tuple(
        {"name": name, "order": order, "is_default": order == 1}
        for order, name in enumerate(("New", "Open", "Unqualified", "Junk"), start=1)
    ),
    "customer_sources": tuple(
        {"name": name} for name in ("Email", "Cold Call", "Advertising", "Event", "Referral", "Other")
    ),
    "loss_reasons": tuple({"name": name} for name in ("Competitor", "Features", "Price", "Other")),
    "contact_types": tuple(
        {"name": name} for name in ("Potential Customer", "Current Customer", "Uncategorized", "Other")
    ),
    "pipelines": (
        {
            "name": "Sales",
            "stages": [
                {"name": "Qualified", "win_probability": 5},
                {"name": "Follow-up", "win_probability": 10},
                {"name": "Presentation", "win_probability": 20},
                {"name": "Contract Sent", "win_probability": 40},
                {"name": "Negotiation", "win_probability": 80},
            ],
        },
        {
            "name": "Business Development",
            "stages": [
                {"name": "First Meeting", "win_probability": 10},
                {"name": "Partner Meeting", "win_probability": 25},
                {"name": "Negotiation", "win_probability": 50},
                {"name": "Term Sheet", "win_probability": 75},
            ],
        },
    ),
    "activity_types": (
        {"id": 0, "category": "user", "name": "Note"},
        {"category": "user", "name": "Phone Call", "count_as_interaction": True},
        {"category": "user", "name": "Meeting", "count_as_interaction": True},
        {"id": 1, "category": "system", "name": "Property Changed"},
        {"id": 3, "category": "system", "name": "Pipeline Stage Changed"},
    ),
    "custom_activity_types": (
        {"name": "Phone Call", "icon_type": "Phone", "is_interaction": True},
        {"name": "Meeting", "icon_type": "Event", "is_interaction": True},
        {"name": "To Do", "icon_type": "Todo", "is_default_task_type": True},
    ),
    "custom_field_definitions": (),
}
"""The entries in a new account. The first user is the owner of the API key and gets its email."""


def check_entry(table: str, entry: Mapping[str, Any], findings: Findings) -> None:
    """Find mistakes that depend on more than the form of a single field."""
    if table == "pipelines" and not entry["stages"]:
        findings.error("stages", BLANK)
    if table == "custom_field_definitions":
        least = {"Dropdown": 1, "MultiSelect": 2}.get(entry["data_type"], 0)
        if len(entry["options"]) < least:
            findings.error("options", BLANK, f"A {entry['data_type']} has at least {least}.")
        if entry["options"] and not least:
            findings.error("options", INVALID, "Only a Dropdown or a MultiSelect has options.")
        currency = entry["currency"]
        if currency is not None and (entry["data_type"] != "Currency" or len(currency) != 3):
            findings.error("currency", INVALID, "It is three letters, of a Currency field.")
        if entry["connected_id"] is not None and entry["data_type"] != "Connect":
            findings.error("connected_id", INVALID, "It is the id of a definition, of a Connect field.")
