"""A hook that does not return is named while it still runs, once; one that returns is not."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import pytest

from copper_emulator import Copper, Delivery, Emulator
from copper_emulator.shell import hook_watch

LONG = 30.0
TARGET = "https://app.example/hook"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> queue.Queue[str]:
    """What is shown, at the first look after a hook has begun."""
    texts: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(hook_watch, "show", texts.put)
    monkeypatch.setattr(hook_watch, "PATIENCE", 0)
    monkeypatch.setattr(hook_watch, "CHECK_EVERY", 0.01)
    return texts


def with_hook(copper: Copper, hook: Callable[[Delivery], object]) -> None:
    copper.route("https://app.example", to=lambda request: 200)
    copper.subscribe("person", "delete", target=TARGET)
    copper.after_delivery(hook)


def watching() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name == "copper-emulator-hooks"]


def test_a_hook_that_does_not_return_is_named_once_for_each_delivery(shown: queue.Queue[str]) -> None:
    said: list[str] = []

    def waits_for_its_worker(_delivery: Delivery) -> None:
        said.append(shown.get(timeout=LONG))
        # Time for some more looks.
        threading.Event().wait(0.05)

    with Emulator() as copper:
        with_hook(copper, waits_for_its_worker)
        copper.fire("person", "delete", ids=[17])
        copper.fire("person", "delete", ids=[18])
        assert watching() == ["copper-emulator-hooks"]

    first, second = said
    assert (
        "copper: the after_delivery hook waits_for_its_worker, called for notification 1: person/delete [17]" in first
    )
    assert "has not returned after 0" in first
    assert "until it is ended from outside, with Ctrl-C or by a time limit for tests; " in first
    assert "notification 2: person/delete [18]" in second
    assert shown.empty()
    assert watching() == []


def test_one_that_returns_in_time_is_not_named(shown: queue.Queue[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook_watch, "PATIENCE", 200)
    with Emulator() as copper:
        with_hook(copper, lambda delivery: None)
        copper.fire("person", "delete", ids=[17])
        # Longer than it would have been allowed to take.
        threading.Event().wait(0.4)

    assert shown.empty()


def test_an_account_without_hooks_has_no_thread_for_them() -> None:
    with Emulator() as copper:
        copper.people.create(name="Ada")
        assert watching() == []


def test_it_is_shown_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    hook_watch._show("as it is")
    assert capsys.readouterr().err == "as it is"
