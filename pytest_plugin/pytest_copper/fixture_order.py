"""Set up the account first in a test that intercepts: other fixtures may call Copper's hosts, too."""

from __future__ import annotations

import pytest

from pytest_copper import layers

_ACCOUNTS = ("copper", "copper_async")


def intercepting_first(item: pytest.Item) -> None:
    """Put the account before the other function-scoped fixtures; those of a wider scope stay before it.

    So it also ends after them, when `monkeypatch` has restored the environment.
    """
    names: list[str] = getattr(item, "fixturenames", [])
    first = [name for name in names if name in _ACCOUNTS]
    if not first or not layers.intercepts(item):
        return
    wider = [name for name in names if name not in first and _is_wider(item, name)]
    rest = [name for name in names if name not in first and name not in wider]
    # A new list: the item shares its own with the function's other parameter sets.
    item.fixturenames = [*wider, *first, *rest]  # type: ignore[attr-defined]


def _is_wider(item: pytest.Item, name: str) -> bool:
    # Only here does pytest give the scope of a fixture that is not set up yet.
    found = item._fixtureinfo.name2fixturedefs.get(name)  # type: ignore[attr-defined]  # noqa: SLF001
    return bool(found) and found[-1].scope != "function"
