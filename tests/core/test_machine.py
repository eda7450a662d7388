"""An account does what the plain model does, whatever is done to it and in whatever order."""

from __future__ import annotations

from tests.core import machine, record_machine


def test_an_account_agrees_with_the_model() -> None:
    machine.run()


def test_a_record_store_agrees_with_the_plain_records() -> None:
    record_machine.run()
