"""Are the values of settings valid, and how are they written? Checked by pydantic, reported in our own words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationError, create_model

from copper_emulator.core.errors import SettingsError
from copper_emulator.setting_values import ELSEWHERE
from copper_emulator.settings import SETTINGS, Setting, Settings, no_setting
from copper_emulator.value_mistakes import value_mistake


def _annotated(setting: Setting) -> Any:
    marks: list[Any] = [Field(**setting.bounds)]
    if setting.shows is not None:
        marks.insert(0, PlainSerializer(setting.shows))
    if setting.reads is not None:
        marks.insert(0, BeforeValidator(setting.reads))
    return Annotated[(setting.kind, *marks)]


_Values: type[BaseModel] = create_model(
    "_Values",
    __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=True),
    **{name: (_annotated(setting), setting.default) for name, setting in SETTINGS.items()},
)  # type: ignore[call-overload]  # field names known only at run time


def read(values: Mapping[str, Any], *, elsewhere: bool = False) -> dict[str, Any]:
    """Parse the values of settings, by name, as people write them. Raises SettingsError with every mistake found.

    Args:
        elsewhere: the files they name need not exist here.
    """
    __tracebackhide__ = True
    try:
        found = _Values.model_validate(dict(values), context=ELSEWHERE if elsewhere else None)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    return {name: getattr(found, name) for name in found.model_fields_set}


def as_json(settings: Settings, names: Collection[str]) -> dict[str, Any]:
    """Some settings as people write them, ready for JSON."""
    values = _Values.model_construct(**{name: getattr(settings, name) for name in names})
    return values.model_dump(mode="json", include=set(names))


def _explain(error: ValidationError) -> str:
    lines = []
    for each in error.errors():
        name = str(each["loc"][0]) if each["loc"] else "settings"
        if each["type"] == "extra_forbidden":
            lines.append(no_setting(name))
        else:
            lines.append(f"{name}: {value_mistake(dict(each))}")
    return "; ".join(dict.fromkeys(lines))
