"""Which fixture is set up first in a test that intercepts? Its account: other fixtures may call Copper's hosts, too."""

from __future__ import annotations

import pytest

from pytest_copper import layers

_ACCOUNTS = ("copper", "copper_async")


def intercepting_first(item: pytest.Item) -> None:
    """Put the account before the other fixtures of the test itself; those of a wider scope stay before it.

    It also ends last of them, after `monkeypatch` has put back the environment.
    """
    names: list[str] = getattr(item, "fixturenames", [])
    first = [name for name in names if name in _ACCOUNTS]
    if not first or not layers.intercepts(item):
        return
    wider = [name for name in names if name not in first and _is_wider(item, name)]
    rest = [name for name in names if name not in first and name not in wider]
    # A new list: that of the item is also that of the function's other parameters.
    item.fixturenames = [*wider, *first, *rest]  # type: ignore[attr-defined]


def _is_wider(item: pytest.Item, name: str) -> bool:
    # pytest tells the scope of a fixture that is not set up yet nowhere else.
    found = item._fixtureinfo.name2fixturedefs.get(name)  # type: ignore[attr-defined]  # noqa: SLF001
    return bool(found) and found[-1].scope != "function"
