"""What the actions on records do to the account, and what the file's names stand for so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from copper_emulator.core.account import Account
from copper_emulator.core.arguments import bare_event
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.commands import Command
from copper_emulator.core.records.relations import Item
from copper_emulator.core.records.samples import numbered, with_samples
from copper_emulator.operations import Operations
from copper_emulator.scenarios.names import member, resolved
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
from copper_emulator.scenarios.targets import whole
from copper_emulator.scenarios.values import Names
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.seed_files import read_some_seeds


class RecordActs:
    """The actions on the records of one account.

    Args:
        folder: where the scenario's own files are.
    """

    def __init__(self, operations: Operations, folder: Path) -> None:
        self._operations = operations
        self._tenant = operations.tenant
        self._folder = folder
        self._named: dict[str, tuple[EntityType, tuple[int, ...]]] = {}

    @property
    def by_name(self) -> dict[str, Callable[[Any], Rounds[None] | None]]:
        """The functions for the actions, by name."""
        return {
            "create": self._create,
            "update": self._update,
            "delete": self._delete,
            "merge": self._merge,
            "convert": self._convert,
            "seed": self._seed,
            "relate": self._relate,
            "unrelate": self._unrelate,
            "define": self._enter,
            "lookup": self._enter,
            "account": self._account,
            "fire": self._fire,
            "replay": self._replay,
        }

    def name_of(self, kind: EntityType, record_id: int) -> str | None:
        """The name by which steps refer to a record; None if no step has named it."""
        for name, (its, ids) in self._named.items():
            if its is kind and record_id in ids:
                return name if len(ids) == 1 else f"{name}.{ids.index(record_id) + 1}"
        return None

    def ids(self, names: Names) -> tuple[int, ...]:
        """The ids of the records with these names."""
        return tuple(record_id for name in names for record_id in self._of(name)[1])

    def resolved(self, value: Any) -> Any:
        """The value with each `{record: NAME}` replaced by an id."""
        return resolved(value, lambda name: self.ids((name,))[0])

    # --- actions with notifications -------------------------------------------------------------------------

    def _create(self, create: Create) -> Rounds[None]:
        rows = self.resolved(create.rows)
        if rows is None:
            fields = self.resolved(create.fields)
            rows = [with_samples(create.type, fields, number + 1) for number in range(create.count)]
        made = yield from self._act(commands.create(create.type, part) for part in _parts(rows, each=create.each))
        self._name(create.as_, create.type, [record.id for records in made for record in records])

    def _update(self, update: Update) -> Rounds[None]:
        kind = self._of(update.records[0])[0]
        fields, rows = self.resolved(update.fields), self.resolved(update.rows)
        if rows is None:
            ids = dict.fromkeys(self.ids(update.records))
            bodies = [(record_id, numbered(fields, number)) for number, record_id in enumerate(ids, start=1)]
        else:
            bodies = list(zip(self.ids(update.records), rows, strict=True))
        yield from self._act(commands.update_each(kind, part) for part in _parts(bodies, each=update.each))

    def _delete(self, delete: Delete) -> Rounds[None]:
        kind = self._of(delete.records[0])[0]
        ids = self.ids(delete.records)
        yield from self._act(commands.delete(kind, part) for part in _parts(ids, each=delete.each))

    def _merge(self, merge: Merge) -> Rounds[None]:
        kind, (winner,) = self._of(merge.winner)
        _, (loser,) = self._of(merge.loser)
        yield from self._act([commands.merge(kind, winner, loser)])

    def _convert(self, convert: Convert) -> Rounds[None]:
        _, (lead,) = self._of(convert.lead)
        details = self.resolved(convert.details)
        (made,) = yield from self._act([commands.convert(lead, {"details": details} if details else {})])
        for part, name in convert.named.items():
            if made.get(part) is None:
                raise UsageError(f"the conversion made no {part} that could be called {name!r}")
            self._name(name, EntityType(part), [made[part].id])

    def _fire(self, fire: Fire) -> Rounds[None]:
        ids = self._fired_for(fire)
        topic, profile, surface = fire.topic, self._tenant.settings.profile, self._tenant.surface.of_scenario
        attributes = self.resolved(fire.updated_attributes)
        changes = [
            bare_event(topic.type, topic.event, part, attributes, profile, surface=surface)
            for part in _parts(ids, each=fire.each)
        ]
        yield from self._operations.write(
            lambda account, now: [account.fire(change, now, origin="scenario") for change in changes]
        )
        self._name(fire.as_, topic.type, ids)

    def _fired_for(self, fire: Fire) -> tuple[int, ...]:
        if fire.count is not None:
            return tuple(range(1, fire.count + 1))
        return tuple(dict.fromkeys(self.ids(fire.records) if fire.records is not None else fire.ids or ()))

    def _replay(self, replay: Replay) -> Rounds[None]:
        yield from self._operations.replay(self.resolved(replay.body), whole(replay.target), replay.headers)

    # --- actions without notifications ----------------------------------------------------------------------

    def _seed(self, seed: Seed) -> Rounds[None]:
        (ids,) = yield from self._act([self._seeding(seed)])
        self._name(seed.as_, seed.type, ids)

    def _seeding(self, seed: Seed) -> Command[list[int]]:
        if seed.file is not None:
            definitions = self._tenant.account.records.definitions(seed.type)
            found = read_some_seeds(self._folder / seed.file, seed.type, definitions)
            return commands.seed(seed.type, found.rows, found.position)
        if seed.rows is not None:
            rows = [numbered(self.resolved(row), number) for number, row in enumerate(seed.rows, start=1)]
            return commands.seed(seed.type, rows)
        fields = self.resolved(seed.fields)
        return commands.seed(seed.type, [with_samples(seed.type, fields, number + 1) for number in range(seed.count)])

    def _relate(self, part: Relate) -> None:
        for one, other in self._pairs(part.records, part.to):
            self._tenant.record(partial(_related, one, other))

    def _unrelate(self, part: Unrelate) -> None:
        for one, other in self._pairs(part.records, part.from_):
            self._tenant.record(partial(_unrelated, one, other))

    def _pairs(self, names: Names, other: str) -> list[tuple[Item, Item]]:
        kind, (other_id,) = self._of(other)
        each = [(self._of(name)[0], record_id) for name in names for record_id in self._of(name)[1]]
        return [(one, (kind, other_id)) for one in each]

    def _enter(self, part: Define | Lookup) -> None:
        self._tenant.record(lambda account, _: account.records.catalogue.add(part.table, part.entry))

    def _account(self, part: AccountDetails) -> None:
        self._tenant.record(lambda account, _: account.records.catalogue.change_account(part.changed))

    # --- helpers --------------------------------------------------------------------------------------------

    def _act(self, wanted: Iterable[Command[Any]]) -> Rounds[list[Any]]:
        """Do commands one after the other, at one moment; returns what each gives."""
        every = list(wanted)
        done: list[Any] = yield from self._operations.write(
            lambda account, now: [account.act(command, now, origin="scenario") for command in every]
        )
        return done

    def _of(self, name: str) -> tuple[EntityType, tuple[int, ...]]:
        one = member(name) if name not in self._named else None
        if one is None:
            return self._named[name]
        kind, ids = self._named[one[0]]
        return kind, (ids[one[1] - 1],)

    def _name(self, name: str | None, kind: EntityType, ids: Iterable[int]) -> None:
        if name is not None:
            self._named[name] = kind, tuple(ids)


def _related(one: Item, other: Item, account: Account, now: int) -> None:
    account.relate(one, other, now)


def _unrelated(one: Item, other: Item, account: Account, now: int) -> None:
    account.unrelate(one, other, now)


def _parts(items: Any, *, each: bool) -> list[Any]:
    return [[item] for item in items] if each else [items]
