"""Did the marker on a test function do anything? If no account was opened with it, the test is told what to write."""

from __future__ import annotations

import pytest

from pytest_copper import layers


def warn(item: pytest.Item) -> None:
    """Warn of a `copper` marker that stands on the function itself and whose settings no account has."""
    __tracebackhide__ = True
    for mark in item.own_markers:
        if mark.name == "copper" and layers.MARKED not in item.stash and _is_written_on(item, mark):
            item.warn(pytest.PytestWarning(_text(item, mark)))
            return


def _is_written_on(item: pytest.Item, mark: pytest.Mark) -> bool:
    """Not added by a conftest, which gives it to tests that need no account, too."""
    function, callspec = getattr(item, "obj", None), getattr(item, "callspec", None)
    written = [*getattr(function, "pytestmark", ()), *getattr(callspec, "marks", ())]
    return any(getattr(each, "mark", each) is mark for each in written)


def _text(item: pytest.Item, mark: pytest.Mark) -> str:
    given = ", ".join(f"{name}={value!r}" for name, value in mark.kwargs.items())
    text = f"@pytest.mark.copper({given}) has no effect: no account was opened by the fixture copper or copper_async"
    if "make_copper" in getattr(item, "fixturenames", ()):
        return f"{text}; make_copper is given its settings itself: make_copper({given})"
    return f"{text}; use one of them, or leave out the marker"
