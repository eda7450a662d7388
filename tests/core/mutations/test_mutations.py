"""Every small mistake in the core is caught within the budget of an ordinary run."""

from __future__ import annotations

import pytest

from tests.core import machine, storms
from tests.core.checker import Violation
from tests.core.mutations.catalogue import CHECKER, MACHINE, Mutation, applied

SEED = 1
"""One of many: the runs are repeatable, and no mistake was chosen to suit them."""


@pytest.mark.parametrize("mutation", MACHINE.values(), ids=MACHINE.keys())
def test_the_machine_catches(mutation: Mutation) -> None:
    with applied(mutation) as account_class, pytest.raises(machine.Disagreement):
        machine.run(account_class, with_seed=SEED)


@pytest.mark.parametrize("mutation", CHECKER.values(), ids=CHECKER.keys())
def test_the_checker_catches(mutation: Mutation) -> None:
    with applied(mutation) as account_class, pytest.raises(Violation):
        storms.run(account_class, with_seed=SEED)
