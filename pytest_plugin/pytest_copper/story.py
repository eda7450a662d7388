"""What can happen next in an account? The steps of a scenario, each possible when its turn comes.

A step is what a scenario file has under `steps`: {"create": {"type": "person", "as": "person_1", ...}}.

The first alternative for each step is a plain one that needs no further choice: when Hypothesis shrinks, it removes a
few choices at a time, so a step made of many choices would stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from copper_emulator.core.model import EntityType, Event, Topic
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.records.tables import ACTIVITY, LEAD
from copper_emulator.core.topics import Profile, exists
from pytest_copper.drawn_records import changes, fields

Step = dict[str, Any]

MERGED = (EntityType.PERSON, EntityType.COMPANY)
_NOUNS = {EntityType.ACTIVITY_LOG: "activity"}
_MANY = st.integers(2, 4) | st.sampled_from((29, 30, 31, 61))
"""How many records one action affects: few, or about as many as one or two notifications hold."""


class Story:
    """Keeps track of the existing records, by the names that steps have given them.

    Args:
        kinds: the types of records to which things happen.
        profile: decides which topics exist.
    """

    def __init__(self, kinds: Iterable[EntityType], profile: Profile = Profile.SUPPORT_PAGE) -> None:
        self.kinds = list(dict.fromkeys(kinds))
        # An endpoint cannot know of changes for which Copper has no topic.
        self._changing = [kind for kind in self.kinds if exists(Topic(kind, Event.UPDATE), profile)]
        self.living: dict[str, EntityType] = {}
        self.groups: dict[str, list[str]] = {}
        self._made = 0
        self._happened = 1

    def beginning(self) -> Iterator[Step]:
        """The steps that must come first: an activity needs a parent."""
        if self.kinds == [ACTIVITY]:
            yield {"seed": {"type": str(EntityType.COMPANY), "as": "somebody"}}

    # --- what can happen ------------------------------------------------------------------------------------

    def possible(self) -> list[st.SearchStrategy[Step]]:
        """All steps that can happen now."""
        ways = [self.creates(), self.imports()]
        if self.has_some:
            ways += [self.updates(), self.deletes()]
        if self.has_pairs:
            ways.append(self.merges())
        if self.of(LEAD):
            ways.append(self.conversions())
        return ways

    @property
    def has_some(self) -> bool:
        """Whether there is a record that can be updated or deleted."""
        return any(kind in self._changing for kind in self.living.values())

    @property
    def has_pairs(self) -> bool:
        """Whether there are two records that can be merged."""
        return bool(self._merged_kinds())

    def creates(self) -> st.SearchStrategy[Step]:
        """Create one record."""
        return self._creates(1, st.just(1))

    def imports(self) -> st.SearchStrategy[Step]:
        """Create many records in one action."""
        return self._creates(2, _MANY)

    def updates(self) -> st.SearchStrategy[Step]:
        """Update one record, several at once, or a whole group."""
        return st.just(self._renamed(self._latest()[0])) | self._there().flatmap(self._updates)

    def renames(self) -> st.SearchStrategy[Step]:
        """Rename one record; the name is what most endpoints look at."""
        names = [name for name, kind in self.living.items() if kind in self._changing]
        return st.just(self._renamed(names[-1])) | st.sampled_from(names[-3:]).map(self._renamed)

    def corrected(self, step: Step) -> Step:
        """Rename the same record once more."""
        return self._renamed(step["update"]["records"][0])

    def cleaned(self, step: Step) -> list[Step]:
        """Delete the last of the records that a step has created, if its type can be deleted here."""
        name = step["create"]["as"]
        return [_delete(self.groups[name][-1:])] if self.living[self.groups[name][-1]] in self._changing else []

    def deletes(self) -> st.SearchStrategy[Step]:
        """Delete one record, several at once, or a whole group."""
        return st.just(_delete([self._latest()[0]])) | self._there().flatmap(self._several).map(_delete)

    def merges(self) -> st.SearchStrategy[Step]:
        """Merge two people or companies."""
        kinds = self._merged_kinds()
        winner, loser = self.of(kinds[0])[:2]
        return st.just(_merge((winner, loser))) | st.sampled_from(kinds).flatmap(self._merges)

    def conversions(self) -> st.SearchStrategy[Step]:
        """Convert a lead to a person, and perhaps a company and an opportunity."""
        return st.sampled_from(self.of(LEAD)).flatmap(self._conversions)

    def of(self, kind: EntityType) -> list[str]:
        """The names of the existing records of a type."""
        return [name for name, its in self.living.items() if its is kind]

    # --- what has happened ----------------------------------------------------------------------------------

    def happened(self, step: Step) -> None:
        """Record what a step has created and what it has removed."""
        self._happened += 1
        for action, part in step.items():
            if action == "create":
                self._appeared(part.get("as"), kind_called(part["type"]), part.get("count", 1))
            elif action == "seed" and "as" in part:
                number = part.get("count") or len(part.get("rows", ())) or 1
                self._appeared(part["as"], kind_called(part["type"]), number)
            elif action == "delete":
                self._gone([part["records"]] if isinstance(part["records"], str) else part["records"])
            elif action == "merge":
                self._gone([part["loser"]])
            elif action == "convert":
                self._gone([part["lead"]])
                for kind, name in part.get("as", {}).items():
                    self._appeared(name, EntityType(kind), 1)

    def _appeared(self, name: str | None, kind: EntityType, number: int) -> None:
        if name is None:
            # Without a name, no later step can refer to it.
            return
        self._made += 1
        members = [name] if number == 1 else [f"{name}.{n}" for n in range(1, number + 1)]
        self.living.update(dict.fromkeys(members, kind))
        if number > 1:
            self.groups[name] = members

    def _gone(self, names: Sequence[str]) -> None:
        for name in names:
            for each in self.groups.get(name, [name]):
                self.living.pop(each, None)
        self.groups = {
            name: members for name, members in self.groups.items() if all(each in self.living for each in members)
        }

    # --- how ------------------------------------------------------------------------------------------------

    def _creates(self, few: int, number: st.SearchStrategy[int]) -> st.SearchStrategy[Step]:
        kinds = [kind for kind in self.kinds if kind is not ACTIVITY or self._parents()]
        plain = _created(kinds[0], self._name(kinds[0]), few, self._plain_fields(kinds[0]))
        return st.just(plain) | st.sampled_from(kinds).flatmap(lambda kind: self._creates_of(kind, number))

    def _creates_of(self, kind: EntityType, number: st.SearchStrategy[int]) -> st.SearchStrategy[Step]:
        its = fields(kind, records=self._references(), unique=False)
        name = self._name(kind)
        if kind in _ADDRESSED:
            its = its | its.map(lambda drawn: {**drawn, **_email(kind, name)})
        return st.tuples(number, its).map(lambda drawn: _created(kind, name, *drawn))

    def _updates(self, kind: EntityType) -> st.SearchStrategy[Step]:
        attributes = changes(kind, records=self._references(), unique=False)
        return st.tuples(self._several(kind), attributes).map(_updated)

    def _merges(self, kind: EntityType) -> st.SearchStrategy[Step]:
        pairs = st.lists(st.sampled_from(self.of(kind)), min_size=2, max_size=2, unique=True)
        return pairs.map(_merge)

    def _conversions(self, lead: str) -> st.SearchStrategy[Step]:
        names = [self._name(kind, further) for further, kind in enumerate(_MADE)]
        return st.integers(1, len(_MADE)).map(lambda number: {"convert": _converted(lead, names[:number])})

    def _several(self, kind: EntityType) -> st.SearchStrategy[list[str]]:
        there = self.of(kind)
        one = st.sampled_from(there).map(lambda name: [name])
        some = st.lists(st.sampled_from(there), min_size=1, max_size=min(len(there), 4), unique=True)
        groups = [name for name, members in self.groups.items() if self.living[members[0]] is kind]
        return one | some | st.sampled_from(groups).map(lambda name: [name]) if groups else one | some

    def _there(self) -> st.SearchStrategy[EntityType]:
        return st.sampled_from([kind for kind in self._changing if kind in set(self.living.values())])

    def _merged_kinds(self) -> list[EntityType]:
        return [kind for kind in self.kinds if kind in MERGED and len(self.of(kind)) > 1]

    def _name(self, kind: EntityType, further: int = 0) -> str:
        return f"{_NOUNS.get(kind, kind)}_{self._made + 1 + further}"

    def _references(self) -> dict[str, list[Any]]:
        return {str(kind): [{"record": name} for name in self.of(kind)][:3] for kind in EntityType}

    def _parents(self) -> list[str]:
        return [name for name, kind in self.living.items() if kind is not ACTIVITY]

    def _plain_fields(self, kind: EntityType) -> dict[str, Any]:
        if kind is not ACTIVITY:
            return {"name": "Ada"}
        parent = self._parents()[0]
        its = {"type": str(self.living[parent]), "id": {"record": parent}}
        return {"parent": its, "type": {"category": "user", "id": 0}, "details": "A note"}

    def _renamed(self, name: str) -> Step:
        field = "details" if self.living[name] is ACTIVITY else "name"
        # Another value each time: setting a field to its current value is not notified.
        return _updated(([name], {field: f"Ada {self._happened}"}))

    def _latest(self) -> tuple[str, EntityType]:
        return [(name, kind) for name, kind in self.living.items() if kind in self._changing][-1]


_ADDRESSED = (EntityType.PERSON, LEAD)
"""What has email addresses; they move when people are merged and leads converted."""


def _email(kind: EntityType, name: str) -> dict[str, Any]:
    """An email address that no other record is created with: Copper refuses a second person with it."""
    its = {"email": f"{name}.{{n}}@{kind}.example", "category": "work"}
    return {"email": its} if kind is LEAD else {"emails": [its]}


_MADE = (EntityType.PERSON, EntityType.COMPANY, EntityType.OPPORTUNITY)


def _created(kind: EntityType, name: str, number: int, its: dict[str, Any]) -> Step:
    count = {"count": number} if number > 1 else {}
    return {"create": {"type": str(kind), "as": name, **count, "fields": its}}


def _updated(drawn: tuple[list[str], dict[str, Any]]) -> Step:
    return {"update": {"records": drawn[0], "fields": drawn[1]}}


def _merge(pair: Sequence[str]) -> Step:
    return {"merge": {"winner": pair[0], "loser": pair[1]}}


def _delete(names: list[str]) -> Step:
    return {"delete": {"records": names}}


def _converted(lead: str, names: Sequence[str]) -> dict[str, Any]:
    made = {str(kind): name for kind, name in zip(_MADE, names, strict=False)}
    # Without a name of its own, an existing company with the same name would be used.
    parts = {part: {"name": f"What became of {lead}"} for part in made if part != EntityType.PERSON}
    return {"lead": lead, "as": made, **parts}
