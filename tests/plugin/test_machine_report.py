"""How pytest shows a bug that was found: the user's own check, and the scenario that demonstrates it."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Inner

pytest.importorskip("hypothesis")

MACHINE = """
from hypothesis import settings

from pytest_copper.machine import CopperMachine


class MirrorHoldsUp(CopperMachine):
    def endpoint(self, copper):
        self.names = {}
        return self.hook

    def hook(self, request):
        told = request.json
        if told.get("key") != "s3cret":
            return 401
        for person_id in told["ids"]:
            self.names.update({person.id: person.name for person in self.copper.people.search(ids=[person_id])})
        return 204

    def check(self, copper):
        assert self.names == {person.id: person.name for person in copper.people.search()}


TestMirror = MirrorHoldsUp.TestCase
TestMirror.settings = settings(TestMirror.settings, derandomize=True, database=None)
"""


MIXIN = """
from hypothesis import settings

from pytest_copper.machine import CopperMachine
from pytest_copper.oracles import Idempotent


class CountsTwice(Idempotent, CopperMachine):
    secret = None

    def endpoint(self, copper):
        self.heard = 0
        return self.hook

    def hook(self, request):
        self.heard += 1

    def state(self, copper):
        return self.heard


TestMirror = CountsTwice.TestCase
TestMirror.settings = settings(TestMirror.settings, derandomize=True, database=None)
"""


def test_a_notification_that_comes_again_is_shown_as_what_is_sent(inner: Inner) -> None:
    """And not with everything that the account knows about the first time."""
    inner.tests(MIXIN)

    result = inner.run()

    result.assert_outcomes(failed=1)
    shown = [line for line in result.outlines if "state." in line or "Delivery(" in line or "Notification(" in line]
    assert [line for line in shown if "Delivery(" in line or "Notification(" in line] == []
    assert [line for line in shown if "state.repeat(step={'replay': {'target': " in line], shown


def test_the_failure_is_the_users_and_ends_in_a_scenario(inner: Inner) -> None:
    """This endpoint ignores deletions."""
    inner.tests(MACHINE)

    result = inner.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       assert self.names == {person.id: person.name for person in copper.people.search()}",
            "E       AssertionError: assert *",
            "E       The scenario that shows it, to be pasted and replayed:",
            "E       name: MirrorHoldsUp",
            "E       secret: {key: s3cret}",
            "E       subscriptions:",
            "E         person_new: {topic: person/new, target: 'https://endpoint.example/hooks/copper'}",
            "E       steps:",
            "E         - create: {type: person, as: person_1, fields: {name: Ada}}",
            "E         - delete: {records: [[]person_1[]]}",
            "E       state = MirrorHoldsUp()",
        ]
    )
    # No one needs to see how the check came to be called.
    assert "pytest_copper/playthrough.py" not in str(result.stdout)
