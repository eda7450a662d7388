"""`copper-emulator faults` and `serve --fault`, as processes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from copper_emulator.cli import main
from copper_emulator.fault_texts import FORMS
from tests.cli.processes import invoke, started, subscribe

LOSE = "lose=1 (the next 1; for a share: lose=1%)"


def test_faults_are_shown_switched_on_and_switched_off() -> None:
    with started("serve", "--port", "0", "--clock", "manual", "--fault", "lose=1", "--fault", "shuffle") as server:
        assert invoke("faults", server=server.url) == (0, f"{LOSE}\nshuffle\n", "")

        code, out, _ = invoke("faults", "batches=1", "beyond_spec.corrupt", "--json", server=server.url)
        assert (code, out) == (2, "")
        code, out, _ = invoke("faults", "batches=1", "beyond_spec.corrupt=1", server=server.url)
        assert (code, out) == (
            0,
            f"{LOSE}\nshuffle\nbatches=1\nbeyond_spec.corrupt=1 (beyond what Copper does)\n",
        )

        subscribe(server.url, "person", "update")
        _, out, _ = invoke("fire", "person.update", "--id", "17", server=server.url)
        assert "lost by the fault lose=1" in out

        assert invoke("faults", "off", "batches", "beyond_spec.corrupt=1", server=server.url)[1] == "shuffle\n"
        assert json.loads(invoke("faults", "off", "--json", server=server.url)[1]) == {"faults": [], "seed": 0}
        assert invoke("faults", server=server.url)[1] == "No faults are on.\n"


def test_the_help_says_which_targets_a_fault_is_for() -> None:
    told = " ".join(invoke("faults", "--help")[1].split())

    assert "only to that target and those below it: https://x.example/h is not above https://x.example/hooks." in told


def test_serve_says_which_faults_are_on_and_where_draws_come_from() -> None:
    with started("serve", "--port", "0", "--fault", "lose=20%", "--seed", "random") as server:
        _, out, _ = invoke("faults", "--json", server=server.url)
        seed = json.loads(out)["seed"]
        lines = [server.line() for _ in range(5)]

    assert f"  seed   {seed} (to repeat: --seed {seed})" in lines
    assert "  faults lose=20% (copper-emulator faults off)" in lines


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["faults", "loose=1"], "there is no fault 'loose'; did you mean 'lose'?"),
        (["faults", "lose=20%,shuffle"], "separate faults with spaces, not commas, like lose=20% shuffle"),
        (["faults", "on", "lose=20%"], "write the faults alone, like lose=20%: that switches them on"),
        (["faults", "on"], "write the faults alone, like lose=20%: that switches them on"),
        (["faults", "outage"], "outage needs a value: write it like outage=10m"),
        (["faults", "stale"], "stale needs a value: write it like stale=5s"),
        (["faults", "lose=1", "off"], "write off alone, or followed by the names of what to switch off"),
        (["serve", "--fault", "loose=1"], "--fault: there is no fault 'loose'; did you mean 'lose'?"),
    ],
)
def test_what_cannot_be_is_wrong_usage(arguments: list[str], says: str) -> None:
    code, _, err = invoke(*arguments)

    assert code == 2
    assert says in err


def test_the_help_lists_every_fault() -> None:
    out = CliRunner().invoke(main, ["faults", "--help"]).output

    assert [form.example for form in FORMS.values() if f"  {form.example} " not in out] == []
