"""An account does what the plain model does, whatever is done to it and in whatever order."""

from __future__ import annotations

from tests.core import machine


def test_an_account_agrees_with_the_model() -> None:
    machine.run()
