"""Two accounts do what their models do, whatever is done to their records, in whatever order, through either face."""

from __future__ import annotations

import pytest

from tests.mutations.catalogue import Patch, applied
from tests.records_machine import machine
from tests.records_machine.mistakes import MISTAKES

SEED = 6
"""Makes the runs with mistakes repeatable; should a change to what is drawn make this one miss some, use another."""


def test_accounts_agree_with_their_models() -> None:
    machine.run()


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_the_machine_catches(mistake: Patch) -> None:
    with applied(mistake), pytest.raises(machine.Disagreement):
        machine.run(with_seed=SEED)
