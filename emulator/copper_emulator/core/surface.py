"""Where advice is read, and how to say there what it advises: each surface names only what works on it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from copper_emulator.core.text import in_words

APP_URL = "http://127.0.0.1:5000"
"""The URL of an endpoint in examples."""

BEGUN_WITH = frozenset({"profile", "window", "seed", "faults", "strict", "allow", "intercept"})
"""Settings that can only be given when an account starts."""


class Surface(Enum):
    """Where an account's messages are read: what takes settings there, and the account's name in Python code."""

    PYTHON = "Emulator", "copper"
    ASYNC = "AsyncEmulator", "copper", "await "
    PYTEST = "@pytest.mark.copper", "copper"
    PYTEST_ASYNC = "@pytest.mark.copper", "copper_async", "await "
    FACTORY = "make_copper", "copper"
    FACTORY_ASYNC = "make_copper", "copper", "await "
    CONNECTED = "Copper.connect", "copper"
    CONNECTED_ASYNC = "AsyncCopper.connect", "copper", "await "
    RUN = "copper-emulator run", ""
    SERVER = "copper-emulator serve", ""
    EXEC = "copper-emulator exec", ""
    PLAY = "copper-emulator play", ""
    CHECK = "copper-emulator check", ""
    """What the command says of its own options; nobody configures the account it uses."""

    def __init__(self, place: str, account: str, awaited: str = "") -> None:
        self.place = place
        self.account = account
        self.awaited = awaited

    @property
    def of_scenario(self) -> Surface:
        """The surface for messages about a scenario that is played here."""
        return Surface.PLAY if self is Surface.SERVER else self

    @property
    def owner(self) -> str:
        """What makes an account here: the name of a fixture, or that of a class or a function."""
        return self.account if self in (Surface.PYTEST, Surface.PYTEST_ASYNC) else self.place

    def setting(self, name: str, value: int | str) -> str:
        """How to give a setting a value: `Emulator(allow=409)`, `--set allow=409`."""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if self is Surface.RUN:
            return f"--set {name}={text}"
        if self in (Surface.SERVER, Surface.PLAY, *CONNECTED):
            return f"copper-emulator {'reset' if name in BEGUN_WITH else 'settings'} --set {name}={text}"
        if self is Surface.EXEC:
            return f"exec {_option(name, text)}"
        if self is Surface.CHECK:
            return _option(name, text)
        call = f"{self.place}({name}={value!r})"
        if self in _OF_PYTEST:
            return f"{call}, --copper-{name.replace('_', '-')}={text} or copper_{name} in the ini file"
        return call

    def route(self, origin: str, to: str = "") -> str:
        """How to send targets below an origin to the URL `to`, by default to one's own app."""
        if self is Surface.RUN:
            return f"--target {to or f'{APP_URL}/hooks/copper'}"
        if self in (Surface.SERVER, Surface.PLAY):
            return f"copper-emulator routes {origin}={to or APP_URL}"
        if self is Surface.EXEC:
            return f"exec --route {origin}={to or APP_URL}"
        return f"{self.account}.route({origin!r}, to={repr(to) if to else 'app'})"

    @property
    def start(self) -> str:
        """How to start an application before its first delivery."""
        return f"{self.awaited}{self.account}.start(app)"

    def subscribe(self, kind: str, event: str, target: str) -> str:
        """How to subscribe a target to a topic."""
        if self in _OF_STEPS:
            return f"under `subscriptions:`, {{topic: {kind}/{event}, target: {target}}}"
        if self in (Surface.SERVER, Surface.EXEC):
            return f"copper-emulator subscribe {kind}.{event} {target}, or POST .../subscriptions"
        return f"{self.account}.subscribe({kind!r}, {event!r}, target={target!r})"

    def expect(self, kind: str, event: str, more: str = "", *, target: str = "") -> str:
        """How to expect a delivery; `more` are further arguments in Python, `target` is named if it is given."""
        to = self.only_to(target) if target else ""
        if self is Surface.SERVER:
            return f"copper-emulator wait {kind}.{event}{to}"
        if self in _IN_SCENARIOS:
            return f"a step `expect: {{topic: {kind}/{event}}}`{to}"
        return f"{self.awaited}{self.account}.expect({str(kind)!r}, {str(event)!r}{more}{to})"

    def only_to(self, target: str) -> str:
        """How what an expectation says goes on, if only what went to this target is meant."""
        if self is Surface.SERVER:
            return f" --target {target}"
        # A scenario knows its subscriptions by names that are not known here.
        if self in _IN_SCENARIOS:
            return f", and `to` with the name of the subscription to {target}"
        return f", target={target!r}"

    def expect_none(self, *topic: str) -> str:
        """How to expect that nothing arrives, for a topic or, without one, at all."""
        if self is Surface.SERVER:
            return "so with `expect_none` in a scenario"
        if self in _IN_SCENARIOS:
            return f"a step `expect_none: {{topic: {'/'.join(topic)}}}`" if topic else "a step `expect_none: {}`"
        return f"{self.awaited}{self.account}.expect_none({', '.join(repr(str(word)) for word in topic)})"

    def happen(self, kind: str, event: str, call: str) -> str:
        """How to make something happen; `call` is its name in Python, `people.create`."""
        if self in _OF_STEPS:
            return f"a step `{call.rpartition('.')[2]}`, or `fire`"
        if self in _SERVED:
            verb = f"copper-emulator {call.rpartition('.')[2]} {kind}"
            return f"{verb}, the same through the API, or copper-emulator fire {kind}.{event} --id ID"
        fired = f"{self.awaited}{self.account}.fire({str(kind)!r}, {str(event)!r}, ids=...)"
        called = f"{self.awaited}{self.account}.{call}(...)"
        return f"{called}, the same through the API at {self.account}.api_url, or {fired}"

    @property
    def pass_time(self) -> str:
        """How to let time pass."""
        if self in _OF_STEPS:
            return "a step `advance` or `run_until_idle`"
        if self is Surface.SERVER:
            return "copper-emulator advance"
        if self is Surface.EXEC:
            return "copper-emulator advance, in a scenario a step `advance`"
        return "advance, or run_until_idle"

    @property
    def idle_limit(self) -> str:
        """How to allow more time until nothing is waiting any more."""
        if self in _OF_STEPS:
            return "`run_until_idle: 1d`"
        if self in _SERVED:
            return "copper-emulator advance --until-idle --limit 1d, in a scenario `run_until_idle: 1d`"
        return "run_until_idle(limit=...)"

    def expected(self, name: str, value: int | str) -> str:
        """How to expect a status, an outcome or a count: `status=409`, `status: 409`, `--status 409`."""
        if self is Surface.SERVER:
            return f"--{name} {value}"
        return f"{name}: {value}" if self in _IN_SCENARIOS else f"{name}={value!r}"

    def which(self, arguments: Iterable[str]) -> str:
        """How an expectation narrows deliveries down with any of these arguments; "" if none of them exists here.

        In Python the topic is none of them: every expectation names the type and the event.
        """
        if self is Surface.SERVER:
            words = [_OPTIONS[name] for name in arguments if name in _OPTIONS]
        elif self in _IN_SCENARIOS:
            words = [word for name in arguments for word in _KEYS.get(name, (f"`{name}`",))]
        else:
            words = [f"{name}=" for name in arguments if name != "topic"]
        return in_words(words, last="or") if words else ""

    @property
    def faults_off(self) -> str:
        """How to switch faults off."""
        if self in _OF_STEPS:
            return "a step `faults: off`"
        return "copper-emulator faults off" if self in _SERVED else f"{self.account}.faults.off()"


_OPTIONS = {"ids": "--id", "target": "--target"}
"""What `copper-emulator wait` calls the arguments of an expectation."""

_KEYS = {"ids": ("`records`", "`ids`"), "target": ("`to`",)}
"""What a scenario calls those that have another name there."""


def _option(name: str, text: str) -> str:
    if name == "allow_targets":
        return f"--allow-target {text}"
    option = f"--{name.replace('_', '-')}"
    return option if text == "true" else f"{option} {text}"


CONNECTED = (Surface.CONNECTED, Surface.CONNECTED_ASYNC)
"""Surfaces on which the account belongs to a running server."""

_OF_PYTEST = (Surface.PYTEST, Surface.PYTEST_ASYNC, Surface.FACTORY, Surface.FACTORY_ASYNC)

_OF_STEPS = (Surface.RUN, Surface.PLAY)
"""Surfaces that play a scenario, so that everything is done by its steps."""

_IN_SCENARIOS = (*_OF_STEPS, Surface.EXEC)
"""Surfaces on which expectations are written in scenarios."""

_SERVED = (Surface.SERVER, Surface.EXEC)
"""Surfaces on which commands reach a running server."""
