"""What does the plugin cost a test suite that has it installed, and a test that uses it?

Everything runs in separate environments with the same version of pytest: one has the wheel of the current source with
its requirements, the others a peer with its requirements; there are no other plugins. All figures come from whole runs
of pytest as a child process, in turn.

- The start: a run of one empty test, in processor time (user and system), against the same run with the plugin
  switched off (`-p no:NAME`); the figure is the median of the differences within each round. moto has no plugin: its
  run has a conftest that imports `mock_aws`, as its documentation shows, and is compared with a run without one.
- A test: some hundred tests in a run, each timed by the wall clock from the start of its set-up to the end of its
  tear-down, against as many tests that use nothing. The figure is the median test, so it excludes what happens once in
  a session (loading the emulator, starting its server), which the row about the first test shows.
- The API call is a GET of the subscriptions (for the peer, of one expected answer) over a new http.client connection.
- The end of the session, after tests with an API call each: from the end of the last test until every plugin has been
  unconfigured, which is when the emulator closes what it opened; and until the process has ended, which includes
  pytest's last garbage collection and Python's teardown of all modules.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import textwrap
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import (
    Row,
    Unavailable,
    difference,
    in_turn,
    not_measured,
    rounds_of,
    run,
    seconds,
)
from benchmarks.peers import OURS, python_of

MILLISECOND = 0.001
START_ROUNDS = 21
TEST_ROUNDS = 5
HEAVY = ("aiohttp", "pydantic", "asyncio", "ssl", "hypothesis")
SWITCHED_OFF = {
    OURS: ("copper",),
    "pytest-httpserver": ("pytest_httpserver",),
    "respx": ("respx",),
    # It depends on pytest-asyncio.
    "pytest-aiohttp": ("aiohttp", "asyncio"),
}
"""The plugins installed with each, by their names in pytest."""

TIMING = """
    import json, pathlib, time
    import pytest

    TOOK = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(item, nextitem):
        began = time.perf_counter()
        try:
            return (yield)
        finally:
            TOOK.append(time.perf_counter() - began)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(session):
        session.config.stash["ended"] = time.monotonic()

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(config):
        ended = config.stash["ended"]
        told = json.dumps({"took": TOOK, "ended": ended, "end": time.monotonic() - ended})
        pathlib.Path(__file__).with_name("told.json").write_text(told)
"""
MODULES = """
    import json, sys
    import pytest

    pytest.main(sys.argv[2:])
    with open(sys.argv[1], "w") as file:
        json.dump(sorted(sys.modules), file)
"""
ASKED = "connection.getresponse().read(); connection.close()"
BARE_TEST = "pass"
COPPER_CALL = f"""
    url = urlsplit(copper.api_url)
    connection = HTTPConnection(url.hostname, url.port)
    connection.request("GET", url.path + "/webhooks", headers=copper.headers)
    {ASKED}
"""
HTTPSERVER_CALL = f"""
    httpserver.expect_request("/webhooks").respond_with_json([])
    connection = HTTPConnection(httpserver.host, httpserver.port)
    connection.request("GET", "/webhooks")
    {ASKED}
"""


@dataclass(frozen=True, slots=True)
class Session:
    """Seconds taken by a run of many tests."""

    test: float
    first: float
    end: float
    gone: float


def rows(*, quick: bool) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _start(folder / "start", quick=quick)
        yield _modules(folder / "start")
        yield from _tests(folder, quick=quick)


# --- the start ------------------------------------------------------------------------------------------------------


def _start(folder: Path, *, quick: bool) -> Iterator[Row]:
    """The start with the plugin against that without it, and what each peer adds to its own."""
    _write(folder / "test_one.py", "def test_one(): pass")
    ours = _added(folder, OURS, rounds_of(quick=quick, rounds=START_ROUNDS))
    aim = 10 * MILLISECOND
    yield Row(
        "pytest's start, the plugin installed and unused (processor time)",
        seconds(ours["on"]),
        "the same with `-p no:copper`",
        seconds(ours["off"]),
        difference(ours["added"]),
        f"at most {difference(aim)}",
        ours["added"] <= aim,
    )
    for peer in ("pytest-httpserver", "respx", "pytest-aiohttp", "moto"):
        what = f"what it adds to pytest's start, beside {peer}"
        try:
            theirs = _added(folder, peer, rounds_of(quick=quick, rounds=START_ROUNDS // 2))
        except Unavailable as why:
            yield not_measured(what, peer, why)
            continue
        yield Row(what, difference(ours["added"]), peer, difference(theirs["added"]))


def _added(folder: Path, name: str, rounds: int) -> dict[str, float]:
    """Seconds of processor time with and without a plugin, and the median of the differences."""
    python = python_of(name)
    on = off = _pytest(python, folder)
    if name == "moto":
        with_import = folder.with_name("start_with_moto")
        _write(with_import / "conftest.py", "from moto import mock_aws")
        _write(with_import / "test_one.py", "def test_one(): pass")
        on = _pytest(python, with_import)
    else:
        off = _pytest(python, folder, *_switches(name))
    found = in_turn({"on": lambda: run(on).processor, "off": lambda: run(off).processor}, rounds=rounds)
    return {"on": found["on"], "off": found["off"], "added": found.difference("on", "off")}


def _modules(folder: Path) -> Row:
    """Which modules are loaded because of the plugin after pytest has started."""
    told = folder / "modules.json"

    def loaded(*switches: str) -> set[str]:
        command = [
            python_of(OURS),
            "-c",
            textwrap.dedent(MODULES),
            told,
            *_pytest(python_of(OURS), folder, *switches)[3:],
        ]
        run([str(part) for part in command])
        return set(json.loads(told.read_text()))

    added = loaded() - loaded(*_switches(OURS))
    heavy = [name for name in HEAVY if name in added]
    return Row(
        "modules that it loads at pytest's start",
        f"{len(added)}, of {', '.join(HEAVY)}: {', '.join(heavy) or 'none'}",
        aim="none of these",
        holds=not heavy,
    )


def _switches(name: str) -> list[str]:
    return [part for plugin in SWITCHED_OFF[name] for part in ("-p", f"no:{plugin}")]


# --- a test ---------------------------------------------------------------------------------------------------------


def _tests(folder: Path, *, quick: bool) -> Iterator[Row]:
    """A test, with the fixture unused and with one call; the first test of a session; and the session's end."""
    count = 100 if quick else 400
    ours = _sessions(folder / "ours", OURS, {"unused": "copper", "call": "copper"}, COPPER_CALL, count, quick=quick)
    bare = ours["bare"]
    for what, way, aim in (
        ("a test that uses `copper`, and does nothing with it", "unused", 0.1 * MILLISECOND),
        ("a test that uses `copper` and makes one API call", "call", 0.7 * MILLISECOND),
    ):
        yield _over_bare(what, ours[way].test, bare.test, aim)
    end = "the end of a session whose tests made API calls"
    yield _over_bare(f"{end}, until the plugins are down", ours["call"].end, bare.end, 20 * MILLISECOND)
    yield _over_bare(f"{end}, until the process has ended", ours["call"].gone, bare.gone, None)
    yield _over_bare("the first test of a session that uses `copper`", ours["unused"].first, bare.first, None)
    yield _over_bare("the first test of a session that makes an API call", ours["call"].first, bare.first, None)
    peer = "pytest-httpserver"
    told = {"unused": "`httpserver`, unused", "call": "`httpserver`, one expectation and one GET"}
    asked = {"unused": "httpserver", "call": "httpserver"}
    try:
        theirs = _sessions(folder / "theirs", peer, asked, HTTPSERVER_CALL, count, quick=quick)
    except Unavailable as why:
        yield not_measured("what a test costs, beside pytest-httpserver", peer, why)
        return
    yield Row(
        "the end of a session over a bare one, beside `httpserver`, one GET in each test",
        difference(ours["call"].gone - bare.gone),
        peer,
        difference(theirs["call"].gone - theirs["bare"].gone),
    )
    for way, text in told.items():
        yield Row(
            f"what a test costs over a bare one, beside {text}",
            difference(ours[way].test - bare.test),
            peer,
            difference(theirs[way].test - theirs["bare"].test),
        )


def _over_bare(what: str, ours: float, bare: float, aim: float | None) -> Row:
    over = ours - bare
    asked = "" if aim is None else f"at most {difference(aim)}"
    return Row(
        what, seconds(ours), "a bare test", seconds(bare), difference(over), asked, None if aim is None else over <= aim
    )


def _sessions(
    folder: Path, name: str, fixtures: Mapping[str, str], call: str, count: int, *, quick: bool
) -> dict[str, Session]:
    """The medians of several runs for each kind of test, in turn."""
    bodies = {"bare": ("", BARE_TEST), "unused": (fixtures["unused"], "pass"), "call": (fixtures["call"], call)}
    for kind, (fixture, body) in bodies.items():
        tests = "".join(f"\ndef test_{number}({fixture}):\n    {body.strip()}\n" for number in range(count))
        head = "from http.client import HTTPConnection\nfrom urllib.parse import urlsplit\n"
        _write(folder / kind / "test_many.py", head + tests)
        _write(folder / kind / "conftest.py", TIMING)
    found: dict[str, list[Session]] = {kind: [] for kind in bodies}
    for number in range(rounds_of(quick=quick, rounds=TEST_ROUNDS) + 1):
        for kind in bodies:
            session = _session(python_of(name), folder / kind)
            if number:
                found[kind].append(session)
    return {kind: _median(sessions) for kind, sessions in found.items()}


def _session(python: Path, folder: Path) -> Session:
    run(_pytest(python, folder))
    ended = time.monotonic()
    told = json.loads((folder / "told.json").read_text())
    return Session(statistics.median(told["took"][1:]), told["took"][0], told["end"], ended - told["ended"])


def _median(sessions: list[Session]) -> Session:
    return Session(
        statistics.median(session.test for session in sessions),
        statistics.median(session.first for session in sessions),
        statistics.median(session.end for session in sessions),
        statistics.median(session.gone for session in sessions),
    )


# --- both -----------------------------------------------------------------------------------------------------------


def _pytest(python: Path, folder: Path, *switches: str) -> list[str]:
    # Its own settings file, so that pytest does not find this repository's further up.
    settings = folder / "pytest.ini"
    _write(settings, "[pytest]")
    return [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(settings), *switches, str(folder)]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).strip() + "\n")
