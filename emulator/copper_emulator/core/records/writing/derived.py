"""Values derived from a write: name parts, stage and pipeline, completion, the currency of a value.

Each rule looks at one record before the write (None if new), at the values written and at the record after the write,
and completes the latter. A rule applies to every type that has its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple

from copper_emulator.core.findings import INVALID, Findings
from copper_emulator.core.records.fields import Table
from copper_emulator.core.records.lookups.catalogue import Catalogue
from copper_emulator.core.records.tables import TABLES

_PREFIXES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof"})
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"})
NAME_PARTS = ("prefix", "first_name", "middle_name", "last_name", "suffix")


class Write(NamedTuple):
    """One write of one record: `now` is in Unix seconds, `user` returns the calling user's id."""

    before: Mapping[str, Any] | None
    given: Mapping[str, Any]
    after: MutableMapping[str, Any]
    catalogue: Catalogue
    companies: Callable[[int], int | None]
    """Returns a person's company, by id."""
    now: int
    user: Callable[[], int | None]

    def changed(self, name: str) -> bool:
        """Whether a field differs from before; always true for a new record."""
        return self.before is None or self.before[name] != self.after[name]


def derive(table: Table, write: Write) -> None:
    """Apply every rule for which the table has the fields."""
    for rule in RULES[table.noun]:
        rule(write)


def check(table: Table, write: Write, findings: Findings) -> None:
    """Find contradictions in what was written, before anything is derived from it."""
    if "pipeline_stage_id" in table:
        _check_stage(write, findings)


def split_name(name: str) -> dict[str, str | None]:
    """Split a full name into its parts: `Dr. Ada King Lovelace` has a prefix, first, middle and last name.

    A suffix is one of the usual ones, or follows a comma: in Copper's samples of people (developer docs, 2019),
    `Jo Bennett, (sample)` has the last name `Bennett` and the suffix `(sample)`.
    """
    words = name.split()
    prefix = words.pop(0) if len(words) > 1 and _plain(words[0]) in _PREFIXES else None
    suffix = None
    # One word before the comma is rather a last name, as in `Lovelace, Ada`.
    if len(words) > 1 and (_plain(words[-1]) in _SUFFIXES or (len(words) > 2 and words[-2].endswith(","))):
        suffix = words.pop()
        words = [*words[:-1], *words[-1].rstrip(",").split()]
    first = words[0] if words else None
    last = words[-1] if len(words) > 1 else None
    middle = " ".join(words[1:-1]) or None
    return {"prefix": prefix, "first_name": first, "middle_name": middle, "last_name": last, "suffix": suffix}


def join_name(parts: Mapping[str, str | None]) -> str:
    """The full name that the parts make up, with the suffix after a comma, as Copper shows it."""
    given = {part: text for part in NAME_PARTS if (text := parts.get(part)) and text.strip()}
    suffix = given.pop("suffix", None)
    return ", ".join(filter(None, (" ".join(given.values()), suffix)))


def _plain(word: str) -> str:
    return word.strip(".,").lower()


def _name_parts(write: Write) -> None:
    if write.before is None or ("name" in write.given and write.changed("name")):
        # Parts written together with the name are kept; if they make up the whole name, there are no others.
        own = {part: write.given[part] for part in NAME_PARTS if write.given.get(part) is not None}
        name = write.after["name"]
        is_complete = bool(own) and name in (join_name(own), " ".join(own.values()))
        others = dict.fromkeys(NAME_PARTS) if is_complete else split_name(name)
        write.after.update(others, **own)
    elif any(part in write.given and write.changed(part) for part in NAME_PARTS):
        # The name must not become blank, whatever the parts.
        write.after["name"] = join_name(write.after) or write.before["name"]


def _lead_status(write: Write) -> None:
    # Only the id is stored; the name is another way to write it.
    name = write.after.pop("status", None)
    if name is not None and write.given.get("status_id") is None:
        write.after["status_id"] = write.catalogue.named("lead_statuses", name)


def _check_stage(write: Write, findings: Findings) -> None:
    pipeline_id, stage = write.given.get("pipeline_id"), write.catalogue.stage(write.given.get("pipeline_stage_id"))
    if pipeline_id is None or stage is None or stage[0] == pipeline_id:
        return
    # If a whole record is written back with only one of the two changed, the other follows; that is no error.
    if write.changed("pipeline_id") and write.changed("pipeline_stage_id"):
        pipeline = write.catalogue.get("pipelines", pipeline_id)
        stages = ", ".join(f"{each['id']} ({each['name']})" for each in pipeline["stages"])
        findings.error("pipeline_stage_id", INVALID, f"The stages of {pipeline['name']} ({pipeline_id}) are {stages}.")


def _stage(write: Write) -> None:
    after, catalogue = write.after, write.catalogue
    by_pipeline = write.given.get("pipeline_id") is not None and write.changed("pipeline_id")
    by_stage = write.changed("pipeline_stage_id")
    stage = catalogue.stage(write.given.get("pipeline_stage_id"))
    if stage is not None and stage[0] != after["pipeline_id"] and by_pipeline and not by_stage:
        # A stage written back unchanged does not prevent a move to another pipeline.
        stage = None
    if stage is not None:
        after["pipeline_id"] = stage[0]
    elif write.before is None or by_pipeline:
        after["pipeline_id"] = after["pipeline_id"] or catalogue.default("pipelines")
        pipeline = catalogue.table("pipelines").get(after["pipeline_id"])
        after["pipeline_stage_id"] = pipeline["stages"][0]["id"] if pipeline is not None else None
    if write.changed("pipeline_stage_id"):
        after["date_stage_changed"] = write.now
        stage = catalogue.stage(after["pipeline_stage_id"])
        if write.given.get("win_probability") is None and stage is not None:
            after["win_probability"] = stage[1]["win_probability"]


def _contact_company(write: Write) -> None:
    contact = write.given.get("primary_contact_id")
    if write.before is None and contact is not None and write.given.get("company_id") is None:
        write.after["company_id"] = write.companies(contact)


def _completed(write: Write) -> None:
    if write.changed("status"):
        write.after["completed_date"] = write.now if write.after["status"] == "Completed" else None


def _currency(write: Write) -> None:
    if write.after["monetary_value"] is None:
        write.after["monetary_unit"] = None


def converted(record: Mapping[str, Any]) -> dict[str, Any]:
    """The value in the account's currency. The emulator has no exchange rates, so it takes the record's own."""
    unit = record["monetary_unit"] or None
    return {"converted_unit": unit, "converted_value": None if unit is None else record["monetary_value"]}


def _converted_value(write: Write) -> None:
    write.after.update(converted(write.after))


def _activity(write: Write) -> None:
    if write.before is None:
        if write.after["activity_date"] is None:
            write.after["activity_date"] = write.now
        if write.after["user_id"] is None:
            write.after["user_id"] = write.user()


_RULES: tuple[tuple[str, Callable[[Write], None]], ...] = (
    ("first_name", _name_parts),
    ("status_id", _lead_status),
    ("pipeline_stage_id", _stage),
    ("pipeline_stage_id", _contact_company),
    ("completed_date", _completed),
    ("monetary_unit", _currency),
    ("converted_value", _converted_value),
    ("activity_date", _activity),
)
"""The rules, each with the field that a table must have for it to apply."""

RULES: Mapping[str, Sequence[Callable[[Write], None]]] = {
    table.noun: tuple(rule for field, rule in _RULES if field in table) for table in TABLES.values()
}
"""The rules of each table, by its noun."""
