"""Parts of generated modules: keys of TypedDicts, lines of docstrings, imports, and names for long Literals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from textwrap import fill

from copper_emulator.core.records.fields import Field, Null
from copper_emulator.core.records.forms.plain import Checkbox, OneOf, Text, Written
from copper_emulator.python_values import annotation

WIDTH = 120

HEADER = '''"""{question}

Generated from the tables in `core/records`; do not edit, but run `make generate` after changing the tables. It is
longer than a module should be because it spells out every field, for editors, type checkers and `help()`.
"""

from __future__ import annotations

'''


Entry = tuple[str, str, str]
"""A key of a TypedDict: name, annotation, description."""


def on_create(field: Field) -> Entry:
    taken = annotation(field.form)
    return field.name, f"Required[{taken}]" if field.required else f"{taken} | None", said(field.form, field.doc)


def on_update(field: Field) -> Entry:
    taken = annotation(field.form)
    return field.name, taken if field.null is Null.REFUSED else f"{taken} | None", said(field.form, field.doc)


def said(form: Written, doc: str) -> str:
    """What a field is, and how it is written if its annotation does not say so."""
    plain = isinstance(form, Text | OneOf | Checkbox) or form.words in doc
    return doc if plain else f"{doc} {form.words[0].upper()}{form.words[1:]}."


HIDDEN = "__tracebackhide__ = raised_on_purpose"


def typed_dict(name: str, doc: str, entries: Iterable[Entry]) -> str:
    lines = [f"class {name}(TypedDict, total=False):", f'    """{doc}"""', ""]
    return "\n".join([*lines, *(f"    {key}: {taken}" for key, taken, _ in entries)]) + "\n"


def documented(entries: Iterable[Entry]) -> str:
    """The lines of an `Args:` section, not indented."""
    lines = [fill(f"{key}: {what}", WIDTH - 12, subsequent_indent="    ") for key, _, what in entries]
    return "\n".join(lines)


def module(question: str, blocks: Iterable[str]) -> str:
    aliases: dict[str, str] = {}
    body = "\n\n".join(shortened(block, aliases) for block in blocks)
    body = "\n".join([*map(alias, aliases.values(), aliases), "\n" + body])
    body = f"{HIDDEN}\n\n{body}"
    return HEADER.format(question=question) + imports(body) + "\n\n" + body


def alias(name: str, literal: str) -> str:
    words = literal.removeprefix("Literal[").removesuffix("]").replace(", ", ",\n    ")
    return f"{name}: TypeAlias = Literal[\n    {words},\n]\n"


def shortened(block: str, aliases: dict[str, str]) -> str:
    """A block with each long Literal replaced by a name; `aliases` maps Literals to their names."""
    noun = re.sub(r"class (\w+?)(Fields|Changes|Filters)?\(.*", r"\1", block, flags=re.DOTALL)

    def name(found: re.Match[str]) -> str:
        key = class_name(found["key"])
        short = aliases.setdefault(found["literal"], f"{noun}{key}" if key == "SortBy" else key)
        return f"    {found['key']}: {found['before']}{short}"

    return re.sub(r"^    (?P<key>\w+): (?P<before>.*)(?P<literal>Literal\[[^]]{90,}\])", name, block, flags=re.M)


SOURCES: Mapping[str, str] = {
    "collections.abc": "Collection Iterable Mapping Sequence",
    "datetime": "date datetime",
    "typing": "Any Literal Required TypeAlias TypedDict Unpack",
    "copper_emulator.argument_errors": "written_like",
    "copper_emulator.core.attributes": "Attributes",
    "copper_emulator.core.errors": "raised_on_purpose",
    "copper_emulator.core.records.record": "Record",
    "copper_emulator.lookup_entry": "LookupEntry",
    "copper_emulator.lookups": "AccountDetails LookupTable",
    "copper_emulator.records": "AsyncRecords Converted Records",
    "copper_emulator.shell.any_tenant": "AnyTenant",
    "copper_emulator.unawaited": "calls_noted",
}


def imports(body: str) -> str:
    """The imports that a module's text needs."""
    words = set(re.findall(r"\b\w+\b", re.sub(r'""".*?"""', "", body, flags=re.DOTALL)))
    lines = []
    for source, names in SOURCES.items():
        used = [name for name in names.split() if name in words]
        if used:
            lines.append(f"from {source} import {', '.join(used)}")
    own = next((number for number, line in enumerate(lines) if "copper_emulator" in line), len(lines))
    return "\n".join([*lines[:own], "", *lines[own:]])


def class_name(words: str) -> str:
    """`lead status` and `lead_statuses` as class names."""
    return words.replace("_", " ").title().replace(" ", "")


def article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"
