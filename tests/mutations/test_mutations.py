"""Every small mistake in the core is caught within the budget of an ordinary run."""

from __future__ import annotations

import pytest

from tests.core import machine, record_machine, storms
from tests.core.checker import Violation
from tests.mutations.catalogue import CHECKER, MACHINE, RECORDS, Mutation, applied

SEED = 3
"""Makes the runs repeatable. An ordinary run, with any seed, misses one in a hundred of these mistakes; should a change
to what is drawn make this one miss some, use another, and if that misses some too, the draws have become too thin."""


@pytest.mark.parametrize("mutation", MACHINE.values(), ids=MACHINE.keys())
def test_the_machine_catches(mutation: Mutation) -> None:
    with applied(mutation) as account_class, pytest.raises(machine.Disagreement):
        machine.run(account_class, with_seed=SEED)


@pytest.mark.parametrize("mutation", CHECKER.values(), ids=CHECKER.keys())
def test_the_checker_catches(mutation: Mutation) -> None:
    with applied(mutation) as account_class, pytest.raises(Violation):
        storms.run(account_class, with_seed=SEED)


@pytest.mark.parametrize("mutation", RECORDS.values(), ids=RECORDS.keys())
def test_the_machine_of_the_records_catches(mutation: Mutation) -> None:
    with applied(mutation), pytest.raises(record_machine.Disagreement):
        record_machine.run(with_seed=SEED)
