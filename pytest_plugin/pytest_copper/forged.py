"""Notifications from somebody who does not know the secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from copper_emulator.wrong_secrets import wrong_secrets
from pytest_copper.drawn_records import bodies
from pytest_copper.probes import added, written_replay
from pytest_copper.story import Step


def forged(machine: Any) -> st.SearchStrategy[list[Step]]:
    """Steps that send a notification with a wrong secret or none and, if the machine must refuse it, expect that."""
    types = [str(kind) for kind in machine.playthrough.types]
    kind = st.sampled_from(types)
    drawn = kind.flatmap(lambda its: st.tuples(_about(machine, its), _wrong(machine.secret)))
    # As with all steps, the first is a plain one that needs no further choice.
    plain = {"type": types[0], "event": "new", "ids": [1], "updated_attributes": {}}
    guessed = dict.fromkeys(machine.secret, "guessed")
    return (st.just((plain, guessed)) | drawn).map(lambda it: _steps(machine, *it))


def _about(machine: Any, kind: str) -> st.SearchStrategy[dict[str, Any]]:
    ids: list[Any] = [1, *({"record": name} for name in machine.playthrough.story.of(kind)[:3])]
    return bodies(kind, ids=ids)


def _wrong(secret: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    # The plainest first; then near misses, and values that a comparison may stumble over.
    return st.sampled_from(({}, dict.fromkeys(secret, "guessed"), *wrong_secrets(secret).values()))


def _headers(machine: Any, body: dict[str, Any]) -> Mapping[str, str]:
    """Those that come with true notifications like this one: only the secret is to be what is wrong."""
    alike = [each for each in machine.copper.subscriptions if (each.type, each.event) == (body["type"], body["event"])]
    return added(alike[0]) if alike else {}


def _steps(machine: Any, body: dict[str, Any], wrong: dict[str, Any]) -> list[Step]:
    replay = written_replay(machine.target, {**body, **wrong}, _headers(machine, body))
    if not machine.must_refuse:
        return [replay]
    topic = f"{body['type']}/{body['event']}"
    return [replay, {"expect": {"topic": topic, "outcome": "rejected", "count": 1}}]
