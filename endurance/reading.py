"""What happens when nearly valid heads of proxy requests, settings and scenario files are read? (States: `states.py`.)

Each reader must either return something or raise the one error that it promises, and nothing else, and do so soon.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from types import FrameType
from typing import Any, NoReturn

import yaml

from copper_emulator.core.errors import ScenarioError, SettingsError
from copper_emulator.scenarios.load import parse
from copper_emulator.scenarios.shipped import shipped_folder
from copper_emulator.settings import Settings
from copper_emulator.shell.proxying.requests import NotUnderstood, read_head
from endurance.mutating import TEXTS, mutated_bytes, mutated_text, mutated_value

PATIENCE = 10.0
"""Seconds that reading may take; most inputs take less than a millisecond."""


@dataclass
class Reading:
    """What was read, and what went wrong."""

    inputs: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    def one(self, read: Callable[[Any], object], given: Any, promised: type[Exception]) -> None:
        """Read one input: it must succeed, or raise the promised error, with a message."""
        self.inputs += 1
        try:
            with _soon():
                read(given)
        except promised as error:
            self.refused += 1
            if not str(error):
                self.wrong.append(f"refused without a word: {_shown(given)}")
        except Exception as error:  # noqa: BLE001 - whatever else is raised is what is looked for
            self.wrong.append(f"{type(error).__name__}: {str(error)[:300]}\n    from {_shown(given)}")


class _TooLong(Exception):
    """Reading took too long."""


@contextmanager
def _soon() -> Iterator[None]:
    """Raise _TooLong if the block takes too long; only works in the main thread."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise _TooLong(f"not read within {PATIENCE:.0f} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _shown(given: object) -> str:
    text = repr(given)
    return text if len(text) < 2000 else f"{text[:1500]} ... {text[-300:]}"


# --- heads that a proxy reads -------------------------------------------------------------------------------

_HEADS = (
    b"CONNECT api.copper.com:443 HTTP/1.1\r\nHost: api.copper.com:443\r\nProxy-Connection: keep-alive\r\n\r\n",
    b"CONNECT [::1]:5000 HTTP/1.0\r\n\r\n",
    b"GET http://api.copper.com:80/developer_api/v1/account?a=b#c HTTP/1.1\r\nHost: x\r\nX-PW-AccessToken: t\r\n\r\n",
    b"POST https://api.prosperworks.com/a HTTP/1.1\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
)


def head(draw: Random) -> bytes:
    raw = draw.choice(_HEADS)
    for _ in range(draw.choice((1, 1, 2, 3))):
        raw = mutated_bytes(draw, raw, draw.choice(_HEADS))
    return raw


def read_heads(draw: Random, reading: Reading) -> None:
    reading.one(read_head, head(draw), NotUnderstood)


# --- settings -----------------------------------------------------------------------------------------------

_SETTINGS: dict[str, Any] = {
    "limits": "off",
    "over_limit": "drop",
    "window": "rolling",
    "latency": "0-15m",
    "seed": "7",
    "batch": 29,
    "allow_http": True,
    "allow_targets": "hooks.example.com",
    "timeout": "10s",
    "in_flight": 3,
    "echo_depth": 25,
    "user_agent": "x/1",
    "search_lag": "5s",
    "fetch_race": "deleted",
    "api_limits": "off",
    "faults": "off",
    "strict": False,
    "allow": "404,due",
}
_LIMITS = ("600/1m,1800/10m", "5/1m", "lose=20% outage=10m", "lose=3@https://a.example", "beyond_spec.retry=8/5m")


def settings(draw: Random) -> dict[str, Any]:
    names = draw.sample(list(_SETTINGS), draw.randrange(1, 5))
    given = {name: draw.choice(_LIMITS) if draw.random() < 0.3 else _SETTINGS[name] for name in names}
    made = mutated_value(draw, given)
    return made if isinstance(made, dict) else given


def read_settings(draw: Random, reading: Reading) -> None:
    given = {str(name): value for name, value in settings(draw).items()}
    reading.one(Settings().with_changes, given, SettingsError)


# --- scenario files -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scenarios:
    """The shipped scenarios, shortened so that they are read faster."""

    texts: tuple[str, ...]
    values: tuple[Any, ...]

    @classmethod
    def shipped(cls) -> Scenarios:
        whole = [path.read_text() for path in sorted(shipped_folder().glob("*.yaml"))]
        texts, values = list[str](), list[Any]()
        for text in whole:
            value = yaml.safe_load(text.replace(": off", ': "off"'))
            short = {**value, "steps": value["steps"][:2]}
            values.append(short)
            texts.append(yaml.safe_dump(short, sort_keys=False))
            texts.append("\n".join(line for line in text.splitlines() if not line.startswith("#"))[:600])
        return cls(tuple(texts), tuple(values))

    def text(self, draw: Random) -> str:
        if draw.random() < 0.4:
            value = mutated_value(draw, draw.choice(self.values))
            with suppress(yaml.YAMLError, ValueError):
                return yaml.safe_dump(value, sort_keys=False, allow_unicode=draw.random() < 0.5)
        text = draw.choice(self.texts)
        for _ in range(draw.choice((1, 1, 2, 4))):
            text = self._mutated(draw, text)
        return text

    def _mutated(self, draw: Random, text: str) -> str:
        lines = text.split("\n")
        place, way = draw.randrange(len(lines)), draw.random()
        if way < 0.2:
            lines.insert(place, draw.choice(lines))
        elif way < 0.4:
            lines[place] = lines[place][: len(lines[place]) // 2] + draw.choice((*TEXTS, *_YAML))
        elif way < 0.5:
            lines[place] = draw.choice(("  ", "\t", "- ", "")) + lines[place].strip()
        elif way < 0.55:
            return draw.choice(("[" * 5000, "a: " * 500, "- " * 3000, "{" * 60 + "}" * 60, "!!x " * 100))
        elif way < 0.8:
            lines[place] = mutated_text(draw, lines[place])
        else:
            return mutated_bytes(draw, text.encode("utf-8", "replace")).decode("utf-8", "replace")
        return "\n".join(lines)

    def read(self, draw: Random, reading: Reading) -> None:
        reading.one(lambda text: parse(text, "scenario.yaml", alone=True), self.text(draw), ScenarioError)


_YAML = (
    ": &a [*a]",
    "<<: *a",
    "!!binary xx",
    "!!set {}",
    "? a",
    "--- ",
    "...",
    "|",
    ">-",
    "'",
    '"\\x',
    "\t",
    "%YAML 9.9",
    "@",
)
