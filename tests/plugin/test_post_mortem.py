"""Where `pytest --pdb` stops: in the test's own line, whatever the emulator went through to refuse it."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import HAS_ASYNCIO, Inner

DEBUGGER = """
import pdb

class Teller(pdb.Pdb):
    '''Says where it stops, and goes on.'''

    def cmdloop(self, intro=None):
        print("stopped in", self.curframe.f_code.co_name, "of", len(self.stack), "frames")
        self.onecmd("continue")
"""

REFUSED = {
    "a record": "copper.people.create(nmae='Ada')",
    "an unknown record": "copper.people.update(17, name='Ada')",
    "an event": "copper.expect('person', 'nw')",
    "a target": "copper.subscribe('person', 'new', target='http://app.example')",
    "a route": "copper.route('app.example', to=print)",
    "a duration": "copper.advance('soon')",
    "an expectation": "copper.expect('person', 'new')",
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=list(REFUSED))
def test_the_debugger_stops_in_the_test(inner: Inner, call: str) -> None:
    inner.pytester.makepyfile(teller=DEBUGGER)
    inner.tests(f"def test_one(copper):\n    {call}")

    inner.run("--pdb", "--pdbcls=teller:Teller").stdout.fnmatch_lines(["*stopped in test_one of *"])


@pytest.mark.skipif(not HAS_ASYNCIO, reason="needs pytest-asyncio")
def test_it_does_in_an_asynchronous_test(inner: Inner) -> None:
    inner.pytester.makepyfile(teller=DEBUGGER)
    inner.tests(
        """
        import pytest

        @pytest.mark.asyncio
        async def test_one(copper_async):
            await copper_async.people.create(nmae="Ada")
        """
    )

    inner.run("--pdb", "--pdbcls=teller:Teller").stdout.fnmatch_lines(["*stopped in test_one of *"])


def test_it_stops_where_an_endpoint_raised_what_is_no_error_of_the_emulators(inner: Inner) -> None:
    inner.pytester.makepyfile(teller=DEBUGGER)
    inner.tests(
        """
        def drain(delivery):
            raise KeyError("job")

        def test_one(copper, copper_endpoint):
            copper.after_delivery(drain)
            copper.subscribe("person", "new", target=copper_endpoint.url)
            copper.people.create(name="Ada")
        """
    )

    inner.run("--pdb", "--pdbcls=teller:Teller").stdout.fnmatch_lines(["*stopped in drain of *"])


def test_without_the_debugger_pytest_has_no_such_option(inner: Inner) -> None:
    inner.tests("def test_one(copper):\n    copper.advance('soon')")

    inner.run("-p", "no:debugging").assert_outcomes(failed=1)
