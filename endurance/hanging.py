"""What does an endpoint that never answers cost the others?

    python -m endurance.hanging [--rounds 10] [--quick]

One server gets the same writes all the time. In every second round the second target is routed to an endpoint that
hangs until the time-out, with as many requests in flight as are allowed and more waiting behind them; otherwise to one
that answers. The figure is how long after a write was due the first target is notified. The server's own processor
time is shown too; it says the same, and is steadier on a machine that is busy with other work.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, field

from endurance.checking import Checks, show
from endurance.load import GOOD, HANGING, Flow, Load, loading, median, percentile
from endurance.processes import Server, serving

RATE = 60.0
"""Writes a second to each target: four times as many as time out in a second, so that there is always a queue."""

TIMEOUT = 1


@dataclass
class Side:
    """The results of all rounds of one kind."""

    medians: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """The share of one processor that the server used."""
    waiting: list[int] = field(default_factory=list)
    """Notifications waiting for the second target at the end of each round."""


async def rounds(checks: Checks, *, count: int, seconds: float) -> dict[str, Side]:
    sides = {"answers": Side(), "hangs": Side()}
    with ExitStack() as stack:
        servers = list[Server]()

        def start(routes: list[str]) -> str:
            options = [word for route in routes for word in ("--route", route)]
            servers.append(stack.enter_context(serving("--limits", "off", "--timeout", f"{TIMEOUT}s", *options)))
            return servers[0].url

        async with loading(start) as load:
            await load.begin()
            second = await second_target(load)
            # The first round of each kind does not count: modules are loaded when first needed.
            for number in range(-1, count):
                for name, side in sides.items():
                    into = side if number >= 0 else Side()
                    await one_round(load, servers[0], second, into, seconds=seconds, hangs=name == "hangs")
        servers[0].end().check(checks)
    return sides


async def second_target(load: Load) -> int:
    """The id of the only subscription for tasks."""
    [found] = [each for each in await load.api("GET", "/webhooks") if each["type"] == "task"]
    number: int = found["id"]
    return number


async def one_round(load: Load, server: Server, second: int, side: Side, *, seconds: float, hangs: bool) -> None:
    """Write for both targets; then send what waits for the second one to an endpoint that answers."""
    load.forget()
    await load.api("PUT", f"/webhooks/{second}", {"target": HANGING if hangs else f"{GOOD}/third"})
    flows = [Flow(RATE, load.update), Flow(RATE, load.to_hanging)]
    if hangs:
        # Fill the queue of the hanging endpoint before the time starts.
        await load.go_on(flows[1:], 0.5)
    before = server.cpu()
    await load.go_on(flows, seconds)
    side.cpu.append((server.cpu() - before) / seconds)
    account = await load.control("GET", "/accounts/default")
    side.waiting.append(account["waiting"])
    side.medians.append(median(load.latencies))
    side.latencies += load.latencies
    await load.api("PUT", f"/webhooks/{second}", {"target": f"{GOOD}/third"})
    await load.until_idle()


def report(checks: Checks, sides: dict[str, Side], allowed: float) -> None:
    rows = []
    for name, side in sides.items():
        high = percentile(side.latencies, 0.99)
        cells = [f"{value * 1000:.2f} ms" for value in (median(side.medians), high)]
        waiting = median([float(each) for each in side.waiting])
        rows.append((f"the second target {name}", *cells, f"{median(side.cpu):.1%}", f"{waiting:.0f}"))
    show(("the first target is notified", "median of medians", "99th", "processor", "waiting at the end"), rows)
    without, beside = (median(side.medians) for side in sides.values())
    checks.check(
        "a hanging endpoint costs the others nothing",
        holds=beside <= without * allowed + 0.0005,
        seen=f"{beside / without:.2f} times as long",
    )
    used, used_beside = (median(side.cpu) for side in sides.values())
    checks.check("it costs no processor time", holds=used_beside <= used * 1.1, seen=f"{used_beside / used:.2f} times")
    least = min(sides["hangs"].waiting)
    checks.check("there was a queue for it all the time", holds=least > 16, seen=f"at least {least}")
    checks.check("nothing waited for the one that answers", holds=max(sides["answers"].waiting) <= 16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="of each kind")
    parser.add_argument("--quick", action="store_true", help="five, of two seconds")
    said = parser.parse_args()
    count, seconds = (5, 2.0) if said.quick else (said.rounds, 8.0)
    checks = Checks()
    found = asyncio.run(rounds(checks, count=count, seconds=seconds))
    # In a few short rounds on a busy machine, only the processor time says much.
    report(checks, found, 2.0 if said.quick else 1.15)
    checks.end()


if __name__ == "__main__":
    main()
