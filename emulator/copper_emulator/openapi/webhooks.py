"""Which calls are there for subscriptions, and what may their bodies say?"""

from __future__ import annotations

from collections.abc import Iterator

from copper_emulator.core.model import Event
from copper_emulator.core.records.forms.plain import ID_SCHEMA, object_schema
from copper_emulator.core.topics import TABLES, Profile
from copper_emulator.openapi.operations import Operation
from copper_emulator.openapi.schemas import Schema, answer_object, array, nullable, ref

_TAG = "webhooks"
_TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_HEADERS: Schema = {
    "type": "object",
    "propertyNames": {"pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},
    "additionalProperties": {"type": "string", "pattern": "^[\\t -~]*$"},
}


def webhook_operations() -> Iterator[Operation]:
    """Every call for subscriptions."""
    path, one = "/webhooks/{id}", ref("Subscription")
    yield Operation("list_subscriptions", "get", "/webhooks", _TAG, "List the subscriptions of the API key", array(one))
    yield Operation(
        "create_subscription",
        "post",
        "/webhooks",
        _TAG,
        "Subscribe to a topic; 200, not 201",
        one,
        body=ref("SubscriptionCreate"),
        body_required=True,
    )
    yield Operation("view_subscription", "get", path, _TAG, "View a subscription", one)
    yield Operation(
        "update_subscription",
        "put",
        path,
        _TAG,
        "Change a subscription; its topic stays",
        one,
        body=ref("SubscriptionUpdate"),
    )
    yield Operation(
        "delete_subscription", "delete", path, _TAG, "Delete a subscription", answer_object({"id": ID_SCHEMA})
    )


def webhook_components() -> dict[str, Schema]:
    """Schemas of a subscription as shown, and of the bodies that clients send."""
    topic = {
        "type": {"type": "string", "enum": _types()},
        "event": {"type": "string", "enum": [str(each) for each in Event]},
    }
    target = {"type": "string", "format": "uri", "minLength": 1, "description": "An https:// URL."}
    extras = {
        "secret": {**_TEXTS, "description": "Keys and values added to every notification."},
        "headers": {
            **_HEADERS,
            "description": "HTTP headers sent with every notification, but not those of the connection.",
        },
        "custom_field_computed_values": {"type": "boolean", "description": "Names of options instead of their ids."},
    }
    unset = {name: nullable(schema) for name, schema in extras.items()}
    seconds = {"type": "integer", "description": "Unix seconds."}
    return {
        "Subscription": answer_object(
            {"id": ID_SCHEMA, "target": {"type": "string"}, **topic, **extras, "created_at": seconds},
            optional=list(extras),
        ),
        "SubscriptionCreate": {
            **object_schema({"target": target, **topic, **unset}, required=["target", *topic]),
            "description": f"Not every type has every event: {_fewer()}",
        },
        "SubscriptionUpdate": object_schema({"target": target, **unset}),
    }


def _types() -> list[str]:
    return [name for name in TABLES[Profile.SUPPORT_PAGE] if any(table[name] for table in TABLES.values())]


def _fewer() -> str:
    """The types that do not have all events, by profile."""
    fewer = [
        f"with profile={profile} {name} has only {', '.join(event for event in Event if event in events)}"
        for profile, table in TABLES.items()
        for name, events in table.items()
        if events and events != set(Event)
    ]
    return f"{'; '.join(fewer)}."
