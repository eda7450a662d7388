"""What a test expects of a notification, and whether a delivery fits, field by field.

Mappings are compared at each level by the keys that the expectation names; other keys do not matter. An empty mapping,
which names none, fits only an empty one. Everything else, lists included, is compared with `==`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from copper_emulator.core.arguments import check_order, event_called, record_ids
from copper_emulator.core.errors import UsageError, raised_on_purpose
from copper_emulator.core.json_text import with_lists
from copper_emulator.core.model import Delivery, EntityType, Event, Notification, Outcome
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.text import no_such, short_ids

__tracebackhide__ = raised_on_purpose


@dataclass(slots=True)
class Expectation:
    """What a test expects; None for whatever does not matter.

    Treat it as immutable: `frozen=True` would make it twice as slow to create.
    """

    type: EntityType | None = None
    event: Event | None = None
    ids: tuple[int, ...] | None = None
    updated_attributes: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None
    target: str | None = None
    status: int | None = None
    outcome: Outcome | None = None
    count: int | None = None
    wanted: frozenset[int] = field(init=False, repr=False, compare=False)
    """`ids` as a set, built once because every delivery is compared with it."""

    @classmethod
    def of(
        cls,
        type: str | None,
        event: str | None,
        *,
        ids: object = None,
        updated_attributes: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        target: str | None = None,
        status: int | None = None,
        outcome: str | None = None,
        count: int | None = None,
    ) -> Expectation:
        """Read the arguments as people write them. Raises UsageError for the unknown, impossible or contradictory."""
        try:
            kind = None if type is None else kind_called(type)
        except UsageError:
            check_order(type, event)
            raise
        wanted = None if ids is None else record_ids(ids, kind)
        if wanted == ():
            raise UsageError("ids=[] would expect a notification without ids, which never happens; use expect_none")
        if count is not None:
            _require_whole("count", count, "3")
            if count < 1:
                raise UsageError("count must be at least 1; use expect_none to expect nothing")
        if status is not None:
            _require_whole("status", status, "204")
        _require(Mapping, "a mapping", "updated_attributes", updated_attributes, "{'name': ('Ada', 'Grace')}")
        if updated_attributes is not None:
            _require_pairs(updated_attributes)
        _require(Mapping, "a mapping", "body", body, "{'subscription_id': 560698}")
        _require(str, "a text", "target", target, "'https://my-app.example/hook'")
        ending = None if outcome is None else _outcome(outcome)
        _require_agreement(status, ending)
        return cls(
            type=kind,
            event=None if event is None else event_called(event),
            ids=wanted,
            updated_attributes=updated_attributes,
            body=body,
            target=target,
            status=status,
            outcome=ending,
            count=count,
        )

    def __post_init__(self) -> None:
        self.wanted = frozenset(self.ids or ())

    def only(self, ids: Iterable[int]) -> Expectation:
        """The same expectation for some of its ids, without a count."""
        return replace(self, ids=tuple(ids), count=None)

    @property
    def of_any_ids(self) -> Expectation:
        return replace(self, ids=None)

    @property
    def names_outcome(self) -> bool:
        return self.status is not None or self.outcome is not None

    def __str__(self) -> str:
        parts = [self._topic]
        if self.ids is not None:
            parts.append(f"ids={short_ids(self.ids)}")
        for name in ("updated_attributes", "body", "target", "status"):
            if getattr(self, name) is not None:
                parts.append(f"{name}={getattr(self, name)!r}")
        if self.outcome is not None:
            parts.append(f"outcome={str(self.outcome)!r}")
        if not self.names_outcome:
            parts.append("delivered with any 2xx")
        if self.count is not None:
            parts.append(f"count={self.count}")
        return ", ".join(parts)

    @property
    def _topic(self) -> str:
        if self.type is not None:
            return f"{self.type}/{self.event}" if self.event is not None else f"any event of {self.type}"
        return f"{self.event} of any type" if self.event is not None else "any notification"


def how(delivery: Delivery) -> str:
    """How a delivery ended, as a clause about `it`: `it was rejected (500)`, `it failed: refused`."""
    return f"it {delivery.summary}" if delivery.outcome is Outcome.FAILED else f"it was {delivery.summary}"


def _in_brief(delivery: Delivery) -> str:
    """Like `how`, but without the reason if it was never sent, because that is shown beside it anyway."""
    return f"it was {delivery.outcome}" if delivery.outcome in _NEVER_SENT else how(delivery)


_NEVER_SENT = (Outcome.BLOCKED, Outcome.LOST, Outcome.DROPPED, Outcome.CANCELLED)


class Misfit(NamedTuple):
    """One reason why a delivery does not fit: the argument of `expect` that it fails, and the reason as text.

    `is_absent`: what is expected there is not in the delivery at all, not even with a different value.
    """

    field: str
    text: str
    is_absent: bool = False

    def __str__(self) -> str:
        return self.text


def misfits(expectation: Expectation, delivery: Delivery) -> list[Misfit]:
    """Why a delivery does not fit, field by field; empty if it does. Its ids may be only some of those expected."""
    return [misfit for find in _MISFITS.values() for misfit in find(expectation, delivery)]


def distance(reasons: Sequence[Misfit]) -> tuple[int, int]:
    """How far from fitting a delivery is; a value that differs is nearer than one that is absent."""
    return len(reasons), sum(reason.is_absent for reason in reasons)


def fits(expectation: Expectation, delivery: Delivery) -> bool:
    """Whether a delivery fits."""
    # A hot path: the fields that are not named, usually all but three or four, are skipped.
    for name, find in _FINDERS:
        if getattr(expectation, name) is not None and find(expectation, delivery):
            return False
    return not _outcome_misfit(expectation, delivery)


def is_of(expectation: Expectation, notification: Notification) -> bool:
    """Whether a notification has the expected topic, whatever became of it."""
    return expectation.type in (None, notification.type) and expectation.event in (None, notification.event)


def _type_misfit(expectation: Expectation, delivery: Delivery) -> list[Misfit]:
    if expectation.type in (None, delivery.type):
        return []
    return [Misfit("type", f"type is {str(delivery.type)!r}, expected {str(expectation.type)!r}")]


def _event_misfit(expectation: Expectation, delivery: Delivery) -> list[Misfit]:
    if expectation.event in (None, delivery.event):
        return []
    return [Misfit("event", f"event is {str(delivery.event)!r}, expected {str(expectation.event)!r}")]


def _target_misfit(expectation: Expectation, delivery: Delivery) -> list[Misfit]:
    if expectation.target is None or expectation.target == delivery.target:
        return []
    return [Misfit("target", f"target is {delivery.target!r}, expected {expectation.target!r}")]


def _attributes_misfit(expectation: Expectation, delivery: Delivery) -> list[Misfit]:
    if expectation.updated_attributes is None:
        return []
    actual = delivery.change.updated_attributes
    return _mapping_misfit("updated_attributes", expectation.updated_attributes, actual)


def _body_misfit(expectation: Expectation, delivery: Delivery) -> list[Misfit]:
    return [] if expectation.body is None else _mapping_misfit("body", expectation.body, delivery.body)


def _ids_misfit(expectation: Expectation, delivery: Delivery) -> list[Misfit]:
    actual = delivery.ids
    if expectation.ids is None or expectation.wanted.issuperset(actual):
        return []
    extra = [record_id for record_id in actual if record_id not in expectation.wanted]
    if len(extra) == len(actual):
        return [Misfit("ids", f"ids are {short_ids(actual)}, expected {short_ids(expectation.ids)}")]
    are = "is" if len(extra) == 1 else "are"
    return [Misfit("ids", f"ids are {short_ids(actual)}, of which {short_ids(extra)} {are} not expected")]


def _mapping_misfit(field: str, expected: Mapping[str, Any], actual: Any, *, within: str = "") -> list[Misfit]:
    where = f"{field}{within}"
    if not isinstance(actual, Mapping):
        return [Misfit(field, f"{where} is {actual!r}")]
    if not expected and actual:
        return [Misfit(field, f"{where} is {actual!r}, expected {{}}")]
    reasons = []
    for name, value in expected.items():
        wanted = with_lists(value)
        if name not in actual and str(name) in actual:
            # The id of a custom field: keys in JSON are texts.
            name = str(name)
        if name not in actual:
            has = ", ".join(map(repr, actual)) or "nothing"
            reasons.append(Misfit(field, f"{where} has no {name!r} (it has {has})", is_absent=True))
        elif wanted != actual[name]:
            if wanted and isinstance(wanted, Mapping) and isinstance(actual[name], Mapping):
                reasons += _mapping_misfit(field, wanted, actual[name], within=f"{within}.{name}")
            else:
                reasons.append(Misfit(field, f"{where}[{name!r}] is {actual[name]!r}, expected {wanted!r}"))
    return reasons


def _outcome_misfit(expectation: Expectation, delivery: Delivery) -> list[Misfit]:
    if expectation.outcome is not None and delivery.outcome is not expectation.outcome:
        return [Misfit("outcome", f"{_in_brief(delivery)}, expected {expectation.outcome}")]
    if expectation.status is not None and expectation.status != delivery.status:
        return [Misfit("outcome", f"{_in_brief(delivery)}, expected status {expectation.status}")]
    if not expectation.names_outcome and delivery.outcome is not Outcome.DELIVERED:
        return [Misfit("outcome", f"{_in_brief(delivery)}, expected a 2xx")]
    return []


_MISFITS: Mapping[str, Callable[[Expectation, Delivery], list[Misfit]]] = {
    "type": _type_misfit,
    "event": _event_misfit,
    "ids": _ids_misfit,
    "target": _target_misfit,
    "updated_attributes": _attributes_misfit,
    "body": _body_misfit,
    "outcome": _outcome_misfit,
}
_FINDERS = tuple((name, find) for name, find in _MISFITS.items() if name != "outcome")
"""The fields that are skipped if None. The outcome is not: if none is named, a 2xx is expected."""


def _require_whole(name: str, value: object, example: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{name} must be a whole number, like {name}={example}, not {value!r}")


def _require(kind: type, called: str, name: str, value: object, example: str) -> None:
    if value is not None and not isinstance(value, kind):
        raise UsageError(f"{name} must be {called}, like {name}={example}, not {value!r}")


def _require_pairs(updated_attributes: Mapping[str, Any]) -> None:
    for name, value in updated_attributes.items():
        if value is None or isinstance(value, str | int | float):
            raise UsageError(
                f"updated_attributes[{name!r}] must be the pair of old and new value, like "
                f"{{{name!r}: ('...', {value!r})}}, not {value!r} alone"
            )


def _require_agreement(status: int | None, outcome: Outcome | None) -> None:
    if status is None or outcome is None:
        return
    fitting = Outcome.DELIVERED if 200 <= status < 300 else Outcome.REJECTED
    if outcome in (Outcome.DELIVERED, Outcome.REJECTED) and outcome is not fitting:
        raise UsageError(
            f"status={status} and outcome={str(outcome)!r} contradict each other: 2xx is delivered, any other answer "
            f"rejected; give status={status} alone"
        )
    if outcome is not fitting:
        raise UsageError(f"outcome={str(outcome)!r} has no status: give it alone")


def _outcome(value: str) -> Outcome:
    try:
        return Outcome(value)
    except ValueError:
        raise UsageError(no_such("outcome", value, Outcome)) from None
