"""Settings as text: the values one may have, and how two sets of settings differ."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from copper_emulator.setting_values import NONE
from copper_emulator.settings import Setting, Settings


def differing(these: Settings, others: Settings) -> tuple[str, ...]:
    """Name and value, as in `latency 0-15m`, of each of these settings that differs from the others."""
    shown, there = these.as_json(), others.as_json()
    return tuple(f"{name} {written(value)}" for name, value in shown.items() if value != there[name])


def written(value: Any) -> str:
    """A JSON value as people write it: `true`, `500,blocked`, `none`."""
    if isinstance(value, bool):
        return str(value).lower()
    return (",".join(map(str, value)) or NONE) if isinstance(value, list) else str(value)


def schema_of(setting: Setting) -> dict[str, Any]:
    """The JSON schema for a setting: the words it may be, or its type."""
    if setting.choices:
        return {"type": "string", "enum": list(setting.choices)}
    if setting.reads is not None:
        # A duration, a limit, a set: the setting's description says how it is written.
        return {"type": ["string", "number"]}
    return {"type": {"bool": "boolean", "int": "integer"}.get(getattr(setting.kind, "__name__", ""), "string")}


def resetting(given: Mapping[str, Any]) -> str:
    """How to reset an account with these settings, by command or request."""
    written = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
    words = (f"--set {shlex.quote(f'{name}={value}')}" for name, value in written.items())
    return f"copper-emulator reset {' '.join(words)}, or POST .../reset {json.dumps({'settings': given})}"
