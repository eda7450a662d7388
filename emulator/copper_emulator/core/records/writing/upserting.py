"""Is there a lead like this already? A single match is updated, no match creates a lead, several are refused.

What may be matched, and that no more than thirty matches are listed, is documented (2019); the refusal's wording is
not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from copper_emulator.core.errors import Invalid, raised_on_purpose
from copper_emulator.core.findings import BLANK, INVALID, NOT_LISTED, Findings
from copper_emulator.core.records.changed import is_same
from copper_emulator.core.records.forms.custom import custom_form, known_definition, read_custom
from copper_emulator.core.records.forms.plain import Unfit
from copper_emulator.core.records.record import Record
from copper_emulator.core.records.store import RecordStore
from copper_emulator.core.records.switched_off import require
from copper_emulator.core.records.tables import LEAD, Stored
from copper_emulator.core.records.writing.action import Action, Command, Done
from copper_emulator.core.text import choices, folded, sentence

__tracebackhide__ = raised_on_purpose

MAX_LISTED = 30
"""How many matching leads the refusal lists by id; if there are more, it lists none (developer docs)."""

MATCHED = ("email", "name", "custom")
"""The values of `field_name`, by which leads can be matched (developer docs)."""

_DEFINITION = "custom_field_definition_id"

_NO_OBJECT, _LIKE = "must be a JSON object", 'They are those of a lead: write them like {"name": "..."}.'

Test: TypeAlias = Callable[[Stored], bool]


def upsert(body: Any) -> Command[Record]:
    """Update the lead that matches, or create one. Raises Invalid (also if several match) and NotEnabled."""

    def command(store: RecordStore, now: int) -> tuple[Record, Done]:
        require(store, LEAD)
        findings = Findings(body, ("properties", "match"), "an upsert")
        for name in ("properties", "match"):
            findings.require(name)
        findings.check("properties", lambda given: isinstance(given, dict), _NO_OBJECT, _LIKE)
        match = _required(findings, "match", ("field_name", "field_value"), "the match of an upsert")
        match.check("field_name", lambda name: name in MATCHED, NOT_LISTED, sentence(choices("field", MATCHED)))
        match.raise_if_any()
        is_match = _custom_test(match, store) if match.body["field_name"] == "custom" else _plain_test(match)
        matches = [lead["id"] for lead in store.of(LEAD).values() if lead["converted_at"] is None and is_match(lead)]
        if len(matches) > 1:
            raise _several_matches(matches)
        action = Action(store, LEAD, now)
        for lead_id in matches:
            action.update(lead_id, findings.body["properties"])
        lead_id = matches[0] if matches else action.create(findings.body["properties"])
        done = action.commit()
        return store.get(LEAD, lead_id), done

    return command


def _required(findings: Findings, name: str, names: tuple[str, ...], noun: str) -> Findings:
    """The object under a name in the body, with all its parts required."""
    inner = findings.inner(name, names, noun)
    if isinstance(findings.body.get(name), dict):
        for each in names:
            inner.require(each)
    return inner


def _plain_test(match: Findings) -> Test:
    """A test for whether a lead has the name or email address. Raises Invalid."""
    field, wanted = match.body["field_name"], match.body["field_value"]
    if not isinstance(wanted, str):
        match.error("field_value", INVALID, f"It is the {field} as text.")
    match.raise_if_any()
    text = folded(wanted)
    if field == "name":
        return lambda lead: folded(lead["name"]) == text
    return lambda lead: lead["email"] is not None and folded(lead["email"]["email"]) == text


def _custom_test(match: Findings, store: RecordStore) -> Test:
    """A test for whether a lead has the value of a custom field. Raises Invalid."""
    findings = _required(match, "field_value", (_DEFINITION, "value"), "the value of a custom match")
    findings.raise_if_any()
    definition = _read_or_raise(
        findings, _DEFINITION, lambda wanted: known_definition(wanted, LEAD, store, filtered=True)
    )
    if findings.body["value"] == []:
        findings.error("value", BLANK)
    # None if the value is the same as unset, like a checkbox that is false.
    value = _read_or_raise(findings, "value", lambda given: read_custom(definition, given, store))
    form = custom_form(definition)
    return lambda lead: is_same(form, lead["custom_fields"].get(definition["id"]), value)


def _read_or_raise(findings: Findings, name: str, read: Callable[[Any], Any]) -> Any:
    """Read a part of the body. Raises Invalid."""
    value = None
    try:
        value = read(findings.body[name])
    except Unfit as error:
        findings.error(name, error.message, error.hint)
    findings.raise_if_any()
    return value


def _several_matches(matches: list[int]) -> Invalid:
    listed = ": " + ", ".join(map(str, matches)) if len(matches) <= MAX_LISTED else ""
    return Invalid.fields(
        [("Base", f"Multiple Leads match the given criteria{listed}")],
        hint="Match by something that only one lead has, or update one of them by its id.",
    )
