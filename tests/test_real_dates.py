"""Modules loaded while a test has frozen time are as usual, and pydantic still works afterwards.

Each test uses a process of its own, because everything is loaded already in this one.
"""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.strictly import ended

pytest.importorskip("freezegun")

AFTER = """
    import datetime, sys
    import pydantic

    class Meeting(pydantic.BaseModel):
        at: datetime.datetime
        day: datetime.date

    assert Meeting(at="2024-01-01T00:00:00Z", day="2024-01-01").at.year == 2024
"""


def after(what: str) -> tuple[int, str, str]:
    """The end of a process that does this first and then makes a model with moments in it."""
    return ended(["-c", dedent(what) + dedent(AFTER)])


def test_settings_that_are_the_first_to_have_a_value_may_be_made_in_frozen_time() -> None:
    given = """
        import sys
        from datetime import datetime
        from freezegun import freeze_time
        with freeze_time("2026-02-03") as frozen:
            from copper_emulator.settings import Settings
            assert "pydantic" not in sys.modules
            assert Settings(latency="30s").latency.low_ms == 30_000
            import datetime as dates
            assert dates.datetime.now() == dates.datetime(2026, 2, 3)
            assert dates.date.today() == dates.date(2026, 2, 3)
    """

    assert after(given) == (0, "", "")


def test_freezing_time_asks_for_every_public_name_and_what_it_loads_has_the_real_dates() -> None:
    given = """
        import sys
        import copper_emulator
        from freezegun import freeze_time
        with freeze_time("2026-02-03"):
            assert "pydantic" in sys.modules
    """

    assert after(given) == (0, "", "")


def test_the_dates_are_the_frozen_ones_again_where_a_module_cannot_be_loaded() -> None:
    given = """
        import datetime
        from freezegun import freeze_time
        from copper_emulator.real_dates import load
        with freeze_time("2026-02-03"):
            try:
                load("copper_emulator.nonsense")
            except ModuleNotFoundError:
                assert datetime.date.today() == datetime.date(2026, 2, 3)
            else:
                raise AssertionError
    """

    assert after(given) == (0, "", "")
