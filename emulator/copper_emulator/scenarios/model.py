"""What a scenario file may contain: the keys and their types, and the JSON Schema made from them.

The actions on records are in `record_parts.py`, the notation of single values in `values.py`, the rules on which names
must be defined where in `references.py`, and what each action does in `acts.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, WithJsonSchema, model_validator

from copper_emulator.scenarios.part import Part
from copper_emulator.scenarios.record_parts import (
    AccountDetails,
    Convert,
    Create,
    Define,
    Delete,
    Fire,
    Lookup,
    Merge,
    Relate,
    Replay,
    Seed,
    Unrelate,
    Update,
)
from copper_emulator.scenarios.values import (
    Count,
    Duration,
    FaultList,
    Fields,
    Flag,
    IdleLimit,
    Ids,
    Moment,
    Name,
    Names,
    OutcomeName,
    Status,
    Target,
    TopicName,
    Total,
)
from copper_emulator.settings import SETTINGS


class Subscription(Part):
    """A subscription, made with the account's current key."""

    topic: TopicName = Field(description="type and event, like person/update")
    target: Target = Field(description="https:// URL, or a path on https://endpoint.example")
    secret: dict[str, str] | None = Field(None, description="instead of the scenario's secret")
    headers: dict[str, str] | None = Field(None, description="sent with every notification")
    custom_field_computed_values: Flag | None = Field(None, description="option names instead of ids")


class NamedSubscription(Subscription):
    """A subscription made by a step."""

    as_: Name = Field(alias="as", description="the name by which later steps know it")


class Resubscribe(Part):
    """Change a subscription (the API's PUT)."""

    subscription: Name = Field(description="its name")
    target: Target | None = Field(None, description="the new one")
    secret: dict[str, str] | None = Field(None, description="the new one, replacing all of the old")
    headers: dict[str, str] | None = Field(None, description="the new ones, replacing all of the old")
    custom_field_computed_values: Flag | None = Field(None, description="option names instead of ids, or ids again")

    @property
    def changed(self) -> dict[str, Any]:
        """The fields that change."""
        return self.model_dump(exclude={"subscription"}, exclude_none=True)

    @model_validator(mode="after")
    def _some_change(self) -> Self:
        if not self.changed:
            raise ValueError("needs at least one of target, secret, headers and custom_field_computed_values")
        return self


class Which(Part):
    """Which notifications a check is about."""

    topic: TopicName | None = Field(None, description="type and event; any, if not given")
    records: Names | None = Field(None, description="names given by `as`")
    ids: Ids | None = Field(None, description="exactly these, in all notifications together")
    to: Name | None = Field(None, description="the name of the subscription they were sent for")

    @model_validator(mode="after")
    def _one_way_of_naming(self) -> Self:
        if self.records is not None and self.ids is not None:
            raise ValueError("takes either records or ids, not both")
        return self


class Expect(Which):
    """Notifications that must have ended, each claimed once. Without status and outcome: answered with any 2xx."""

    count: Count | None = Field(None, description="how many notifications, exactly")
    status: Status | None = Field(None, description="what the endpoint answered")
    outcome: OutcomeName | None = Field(None, description="how they ended, if there was no answer")
    body: Fields | None = Field(None, description="keys of the notification that matter; {} fits only an empty one")
    updated_attributes: Fields | None = Field(
        None, description="{field: [old, new]} for the fields that matter; {} fits only an empty one"
    )
    within: Duration | None = Field(None, description="let at most this much time pass until it holds")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set - {"within"}:
            raise ValueError("needs something to expect: a topic, records, a count, ...")
        if self.body is not None and self.to is not None and "subscription_id" in self.body:
            raise ValueError("takes either `to` or `subscription_id` in the body, not both")
        if self.body == {} and self.to is not None:
            raise ValueError("takes either `to` or an empty body, not both: what is sent for a subscription has its id")
        return self


class ExpectNone(Which):
    """Nothing has gone out that no earlier `expect` has claimed; `{}` for nothing at all."""


class ExpectTotals(Part):
    """How many notifications, counted over a span of the scenario's time."""

    topic: TopicName | None = Field(None, description="type and event; any, if not given")
    sent: Total | None = Field(None, description="were sent to the endpoint, whatever it answered")
    held: Total | None = Field(None, description="were held back by a limit")
    dropped: Total | None = Field(None, description="were dropped by a limit")
    cancelled: Total | None = Field(None, description="were cancelled: the subscription was gone")
    waiting: Total | None = Field(None, description="have not ended yet, whatever the span")
    since: Moment = Field(0, description="the span's first moment")
    until: Moment | None = Field(None, description="the moment before which the span ends; now, if not given")

    @property
    def wanted(self) -> dict[str, int]:
        """The totals that are given."""
        named = {name: getattr(self, name) for name in ("sent", "held", "dropped", "cancelled", "waiting")}
        return {name: total for name, total in named.items() if total is not None}

    @model_validator(mode="after")
    def _some_total(self) -> Self:
        if not self.wanted:
            raise ValueError("needs at least one of sent, held, dropped, cancelled and waiting")
        if self.until is not None and self.until <= self.since:
            raise ValueError("`until` must come after `since`")
        return self


ACTIONS = (
    "create",
    "update",
    "delete",
    "merge",
    "convert",
    "seed",
    "relate",
    "unrelate",
    "define",
    "lookup",
    "account",
    "fire",
    "replay",
    "subscribe",
    "unsubscribe",
    "resubscribe",
    "switch_key",
    "endpoint",
    "faults",
    "advance",
    "run_until_idle",
    "expect",
    "expect_none",
    "expect_totals",
)

REFUSABLE = ("subscribe", "unsubscribe", "resubscribe")


class Step(Part):
    """One action, with the time at which it happens."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [action]} for action in ACTIONS]})

    at: Moment | None = Field(None, description="virtual time since the scenario's start; forward only")
    refused: Status | None = Field(
        None, description="the API must refuse this with this status; with subscribe, unsubscribe and resubscribe"
    )
    create: Create | None = None
    update: Update | None = None
    delete: Delete | None = None
    merge: Merge | None = None
    convert: Convert | None = None
    seed: Seed | None = None
    relate: Relate | None = None
    unrelate: Unrelate | None = None
    define: Define | None = None
    lookup: Lookup | None = None
    account: AccountDetails | None = None
    fire: Fire | None = None
    replay: Replay | None = None
    subscribe: NamedSubscription | None = None
    unsubscribe: Names | None = Field(None, description="names of subscriptions")
    resubscribe: Resubscribe | None = None
    switch_key: Literal[True] | None = Field(None, description="the account gets a new API key")
    endpoint: Literal["down", "up"] | None = Field(None, description="while down, every connection is refused")
    faults: FaultList | None = Field(None, description="faults to switch on, written like lose=20%; or off, for all")
    advance: Annotated[Duration, Field(gt=0)] | None = Field(None, description="let this much time pass")
    run_until_idle: IdleLimit | None = Field(
        None, description="let time pass until nothing waits: true, or how long at most (an hour if not given)"
    )
    expect: Expect | None = None
    expect_none: ExpectNone | None = None
    expect_totals: ExpectTotals | None = None

    @property
    def action(self) -> str:
        """The name of its action."""
        return next(name for name in ACTIONS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        named = [name for name in ACTIONS if getattr(self, name) is not None]
        if not named:
            raise ValueError(f"needs an action: one of {', '.join(ACTIONS)}")
        if len(named) > 1:
            raise ValueError(f"has {len(named)} actions ({', '.join(named)}); make each a step of its own")
        if self.refused is not None and named[0] not in REFUSABLE:
            raise ValueError(f"`refused` goes with {', '.join(REFUSABLE)}, not with {named[0]}")
        return self


def _settings_schema() -> dict[str, Any]:
    kinds = {"type": ["string", "number", "boolean", "array"]}
    named = {name: {**kinds, "description": setting.description} for name, setting in SETTINGS.items()}
    # A file must not decide what may be sent to, whom to trust, or what happens to Copper's hosts meanwhile.
    del named["allow_targets"], named["ca"], named["intercept"]
    return {"type": "object", "properties": named, "additionalProperties": False}


class Content(Part):
    """What a scenario file says."""

    model_config = ConfigDict(title="Scenario")

    name: Name = Field(description="a few words")
    description: str = Field("", description="what it shows")
    settings: Annotated[dict[str, JsonValue], WithJsonSchema(_settings_schema())] = Field(
        default_factory=dict, description="how the account behaves; names and values as everywhere else"
    )
    secret: dict[str, str] | None = Field(
        None, description="what a correct endpoint checks; subscriptions send it unless they have their own"
    )
    subscriptions: dict[Name, Subscription] = Field(
        default_factory=dict, description="made before the first step, by name"
    )
    steps: tuple[Step, ...] = Field(min_length=1, description="one after the other, up to the first that fails")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a scenario file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Content.model_json_schema(by_alias=True)}
    tidied: dict[str, Any] = _tidied(schema)
    return tidied


def _tidied(schema: Any) -> Any:
    """Without what pydantic adds and the file does not have: null for absent keys, and titles made from key names."""
    if isinstance(schema, list):
        return [_tidied(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "properties" in schema:
        schema = {**schema, "properties": {name: _property(value) for name, value in schema["properties"].items()}}
    return {name: _tidied(value) for name, value in schema.items()}


def _property(schema: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in schema.items() if name != "title" and (name, value) != ("default", None)}
    choices = [choice for choice in kept.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del kept["anyOf"]
        kept = {**choices[0], **kept}
    return kept
