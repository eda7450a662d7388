"""How routes are shown, with what should make one think twice."""

from __future__ import annotations

from copper_emulator.core.targets import is_beyond


def route_text(origin: str, to: str, *, beyond: bool) -> str:
    """`https://my-app.example -> http://127.0.0.1:5000`; `beyond` if that is beyond this machine."""
    if not beyond:
        return f"{origin} -> {to}"
    swapped = "" if is_beyond(origin) else f"; if the sides are swapped, write {to}={origin}"
    return f"{origin} -> {to}  (beyond this machine: really sent there{swapped})"
