"""The text of `typed_lookups.py`: for each lookup table, what `add` and `update` accept, and its class."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from copper_emulator.core.records.fields import Access
from copper_emulator.core.records.lookups.tables import LOOKUPS
from tests.generate.parts import article, class_name, documented, module, on_create, on_update, typed_dict


def lookups_module() -> str:
    blocks = [block for name in LOOKUPS for block in lookup_blocks(name)]
    names = "\n".join(f'        self.{name} = {class_name(name)}("{name}", tenant)' for name in LOOKUPS)
    return module(
        "Which fields do entries of an account's lookup tables have in Python?",
        [*blocks, LOOKUP_FACE.format(names=names)],
    )


def lookup_blocks(name: str) -> Iterator[str]:
    table, noun = LOOKUPS[name], class_name(LOOKUPS[name].noun)
    own = ("id", "int", "Its id; by default the next free one.")
    adding = [own, *map(on_create, table.writable)]
    changing = [on_update(field) for field in table if field.access is Access.ALWAYS]
    yield typed_dict(f"{noun}Fields", f"The fields `lookups.{name}.add` takes.", adding)
    yield typed_dict(f"{noun}Changes", f"The fields `lookups.{name}.update` takes.", changing)
    words = {"noun": noun, "a": article(table.noun), "table": name, "class": class_name(name)}
    texts = {"add": documented(adding), "update": documented(changing)}
    yield LOOKUP.format(**words, **{key: indent(text, " " * 12) for key, text in texts.items()})


LOOKUP = '''\
class {class}(LookupTable):
    """The account's `{table}`."""

    def add(self, **fields: Unpack[{noun}Fields]) -> LookupEntry:
        """Add {a}. Raises Invalid.

        Args:
{add}
        """
        return self._added(fields)

    def update(self, id: int | LookupEntry, **fields: Unpack[{noun}Changes]) -> LookupEntry:
        """Change {a}; sends no notifications. Raises NotFound, Invalid.

        Args:
            id: the entry or its id.
{update}
        """
        return self._updated(id, fields)
'''

LOOKUP_FACE = '''\
class Lookups(Attributes):
    """What records refer to: users, statuses, pipelines and their siblings.

    Changing them lets no time pass and sends no notifications; `reset()` restores those of a new account.
    """

    def __init__(self, tenant: AnyTenant) -> None:
        self.account = AccountDetails(tenant)
{names}

    def __repr__(self) -> str:
        return "<copper.lookups>"
'''
