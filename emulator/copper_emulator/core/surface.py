"""Where is a piece of advice read, and how is said there what it advises? Each place names its own ways alone."""

from __future__ import annotations

from enum import Enum

APP_URL = "http://127.0.0.1:5000"
"""Where an endpoint may listen, in examples."""


class Surface(Enum):
    """Where one is who reads what an account says; the value is what settings are given to there."""

    PYTHON = "Emulator"
    ASYNC = "AsyncEmulator"
    PYTEST = "@pytest.mark.copper"
    FACTORY = "make_copper"
    RUN = "copper-emulator run"
    SERVER = "copper-emulator serve"
    EXEC = "copper-emulator exec"
    CONNECTED = "Copper.connect"

    def setting(self, name: str, value: int | str) -> str:
        """How a setting is given a value: `Emulator(allow=409)`, `--settings allow=409`."""
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if self is Surface.RUN:
            return f"--settings {name}={text}"
        if self in (Surface.SERVER, Surface.CONNECTED, Surface.EXEC):
            return f"{'exec' if self is Surface.EXEC else 'serve'} {_served(name, text)}"
        call = f"{self.value}({name}={value!r})"
        if self in (Surface.PYTEST, Surface.FACTORY):
            return f"{call}, --copper-{name.replace('_', '-')}={text} or copper_{name} in the ini file"
        return call

    def route(self, origin: str, to: str = "") -> str:
        """How targets that begin with an origin are sent to `to`, a URL, or else to one's own app."""
        if self is Surface.RUN:
            return f"--target {to or f'{APP_URL}/hooks/copper'}"
        if self in (Surface.SERVER, Surface.EXEC):
            return f"{'exec' if self is Surface.EXEC else 'serve'} --route {origin}={to or APP_URL}"
        return f"copper.route({origin!r}, to={repr(to) if to else 'app'})"

    def subscribe(self, kind: str, event: str, target: str) -> str:
        """How a target is subscribed to a topic."""
        if self is Surface.RUN:
            return f"under `subscriptions:`, {{topic: {kind}/{event}, target: {target}}}"
        if self in (Surface.SERVER, Surface.EXEC):
            return f"copper-emulator subscribe {kind}.{event} {target}, or POST .../subscriptions"
        return f"copper.subscribe({kind!r}, {event!r}, target={target!r})"

    def expected(self, name: str, value: int | str) -> str:
        """How what is expected names a status or an outcome: `status=409`, in a scenario `status: 409`."""
        return f"{name}: {value}" if self in (Surface.RUN, Surface.EXEC) else f"{name}={value!r}"

    @property
    def faults_off(self) -> str:
        """How faults are switched off."""
        if self is Surface.RUN:
            return "a step `faults: off`"
        return "copper-emulator faults off" if self in (Surface.SERVER, Surface.EXEC) else "copper.faults.off()"


def _served(name: str, text: str) -> str:
    if name == "allow_targets":
        return f"--allow-target {text}"
    option = f"--{name.replace('_', '-')}"
    return option if text == "true" else f"{option} {text}"
