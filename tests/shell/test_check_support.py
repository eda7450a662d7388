"""When does an answer arrive that a check delays?"""

from __future__ import annotations

import pytest

from copper_emulator.shell import check_support
from copper_emulator.shell.check_support import LateAnswer


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(check_support, "monotonic", watch)
    return watch


def test_its_delay_begins_when_it_is_made_however_late_the_fetch_comes(watch: Watch) -> None:
    """A worker may begin only after a while; the record must change on the way of its answer, not before."""
    late = LateAnswer(1.5)
    watch.seconds = 10.0
    late.made()
    watch.seconds = 11.4
    assert not late.arrives()
    watch.seconds = 11.5
    assert late.arrives()


@pytest.mark.parametrize("made_first", [True, False])
def test_once_let_go_it_arrives_as_soon_as_it_is_made(watch: Watch, *, made_first: bool) -> None:
    late = LateAnswer(1.5)
    for step in (late.made, late.let_go) if made_first else (late.let_go, late.made):
        step()
    assert late.arrives()
