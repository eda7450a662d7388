"""Workers that multiprocessing forks from a server follow the interception in effect when they are created."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver as forkserver
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest

from copper_emulator import Copper, Emulator
from tests.interception.workers import company, led_to, wait_for

SERVER: Any = forkserver
"""As Any, because its types omit private attributes."""


def in_a_worker(do: Any) -> Any:
    """The result of a function in a new worker, started by the fork server."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("forkserver")) as pool:
        return pool.submit(do).result(timeout=60)


def server() -> Any:
    """The process that creates workers now; None if there is none."""
    return SERVER._forkserver._forkserver_pid


@pytest.fixture(autouse=True)
def _none_is_left() -> Iterator[None]:
    yield
    SERVER._forkserver._stop()


@pytest.mark.parametrize("before", ["a server that ran before", ""])
def test_a_worker_reaches_the_account(copper: Copper, before: str) -> None:
    if before:
        assert in_a_worker(led_to) is None

    with copper.intercept():
        assert in_a_worker(company) == copper.lookups.account.name


@pytest.mark.parametrize("before", ["a server that ran before", ""])
def test_afterwards_a_worker_is_not_intercepted(copper: Copper, before: str) -> None:
    if before:
        in_a_worker(led_to)
    ran = server()

    with copper.intercept():
        in_a_worker(led_to)
        assert server() != ran

    assert server() == ran
    assert in_a_worker(led_to) is None


def test_the_latest_interception_decides_in_whatever_order_they_end() -> None:
    with Emulator() as outer, Emulator() as inner:
        first = outer.intercept()
        port = in_a_worker(led_to)
        second = inner.intercept()
        another = in_a_worker(led_to)
        first.end()
        assert in_a_worker(led_to) == another
        second.end()
        assert in_a_worker(led_to) is None
    assert len({port, another, None}) == 3


def test_a_pool_that_is_alive_works_on(copper: Copper) -> None:
    """Its existing workers go where they went before; a new one goes where the interception says."""
    context: ForkServerContext = multiprocessing.get_context("forkserver")
    with context.Pool(1) as pool, ProcessPoolExecutor(2, mp_context=context) as growing:
        assert pool.apply(led_to) is None
        with copper.intercept(), context.Pool(1) as within:
            assert pool.apply(led_to) is None
            assert growing.submit(company).result(timeout=60) == copper.lookups.account.name
            assert within.apply(led_to) == led_to()
            copper.intercept().end()
            port = led_to()
            kept = context.Process(target=wait_for, args=(release := context.Event(),))
            kept.start()
        assert pool.apply(led_to) is None
        assert growing.submit(led_to).result(timeout=60) == port
        release.set()
        kept.join(60)
        assert kept.exitcode == 0


def test_the_server_of_an_interception_ends_with_its_last_worker(copper: Copper) -> None:
    context: ForkServerContext = multiprocessing.get_context("forkserver")
    release = context.Event()
    with copper.intercept():
        worker = context.Process(target=wait_for, args=(release,))
        worker.start()
        pid = server()
    assert server() != pid
    assert os.waitpid(pid, os.WNOHANG) == (0, 0)

    release.set()
    worker.join(60)
    assert os.waitpid(pid, 0) == (pid, 0)


def test_what_the_program_has_chosen_stays_chosen(copper: Copper) -> None:
    chosen = SERVER._forkserver._preload_modules
    try:
        multiprocessing.set_forkserver_preload(["before"])
        with copper.intercept():
            assert SERVER._forkserver._preload_modules == ["before"]
            multiprocessing.set_forkserver_preload(["meanwhile"])
        assert SERVER._forkserver._preload_modules == ["meanwhile"]
    finally:
        multiprocessing.set_forkserver_preload(chosen)


PROGRAM = """
from copper_emulator import Emulator

def main():
    with Emulator() as emulator:
        emulator.intercept()
        from tests.interception.test_fork_servers import in_a_worker, led_to
        print(in_a_worker(led_to) == led_to())
    print(in_a_worker(led_to))

if __name__ == "__main__":
    main()
"""
"""The module that creates workers is imported while Copper's hosts are intercepted."""


def test_the_module_may_be_imported_later(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    assert _printed([str(program)]) == "True\nNone\n"


def test_it_is_not_imported_for_a_program_that_does_not_use_it() -> None:
    said = "import sys, copper_emulator as c\nwith c.Emulator(intercept=True): pass\n"
    assert _printed(["-c", f"{said}print('multiprocessing.forkserver' in sys.modules)"]) == "False\n"


def _printed(words: list[str]) -> str:
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
