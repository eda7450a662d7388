"""A record's JSON is made once, and again when what it shows changes. The machine of the records checks that it is
correct whatever is written (`record_machine.py`).
"""

from __future__ import annotations

import gc
import json
import weakref
from typing import Any

import pytest

from copper_emulator.core.account import Account
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from copper_emulator.core.records.encoded import Encoded
from copper_emulator.core.records.ordering import Line
from copper_emulator.core.records.tables import Stored
from tests.core.builders import START, make_account
from tests.core.records.playing import COMPANY, LEAD, OPPORTUNITY, PERSON, define, make, seed

ADA = {"id": 17, "name": "Ada", "company_id": None}


def shown(account: Account, kind: EntityType, record_id: int) -> Any:
    """What the API shows for a record."""
    [raw] = account.records.read(kind, [record_id], account.records.of(kind))
    return json.loads(raw)


def update(account: Account, kind: EntityType, record_id: int, **fields: Any) -> None:
    account.act(commands.update(kind, [record_id], fields), START)


class Made:
    """Counts what is encoded."""

    def __init__(self, records: dict[int, Stored], *, most: int = 1_000) -> None:
        self.names: list[str] = []
        self.records = {kind: records if kind is PERSON else {} for kind in EntityType}
        self.encoded = Encoded(self.records, self._make, most=most)

    def of(self, *records: Stored, stamp: object = 1) -> list[bytes]:
        among = {record["id"]: record for record in records}
        return self.encoded.of(PERSON, [record["id"] for record in records], among, stamp)

    def _make(self, kind: EntityType, record: Stored) -> bytes:
        self.names.append(record["name"])
        return str(record["name"]).encode()


def test_it_is_made_once_for_each_record() -> None:
    bob = {**ADA, "id": 18, "name": "Bob"}
    made = Made({17: ADA, 18: bob})
    assert made.of(ADA) == [b"Ada"]
    assert made.of(bob, ADA) == [b"Bob", b"Ada"]
    assert made.of() == []
    assert made.names == ["Ada", "Bob"]


def test_and_again_when_the_record_was_written() -> None:
    made = Made({17: ADA})
    made.of(ADA)
    later = {**ADA, "name": "Ada King"}
    made.records[PERSON][17] = later
    made.encoded.drop_outdated(PERSON, ADA, later)
    assert made.of(later) == [b"Ada King"]
    assert made.names == ["Ada", "Ada King"]


def test_nothing_is_kept_of_what_was_there() -> None:
    class Row(dict[str, Any]):
        """A row that can be weakly referenced."""

    rows: dict[int, Stored] = {17: Row(ADA)}
    made, gone = Made(rows), weakref.ref(rows[17])
    made.of(rows[17])
    made.encoded.drop_outdated(PERSON, rows.pop(17), None)
    gc.collect()
    assert gone() is None


def test_a_new_record_leaves_the_others_as_they_are() -> None:
    made = Made({17: ADA})
    made.of(ADA)
    made.encoded.drop_outdated(PERSON, None, {**ADA, "id": 18})
    made.of(ADA)
    assert made.names == ["Ada"]


def test_with_another_stamp_all_of_it_is_made_again() -> None:
    made = Made({17: ADA})
    made.of(ADA, stamp=1)
    made.of(ADA, stamp=2)
    made.of(ADA, stamp=2)
    assert made.names == ["Ada", "Ada"]


def test_what_is_no_longer_stored_is_not_kept() -> None:
    """A search that lags behind finds records that were deleted, or replaced."""
    made = Made({17: {**ADA, "name": "another"}})
    assert made.of(ADA) + made.of(ADA) == [b"Ada", b"Ada"]
    assert made.names == ["Ada", "Ada"]


def at(made: Made, line: Line, page: slice, *, stamp: object = 1) -> list[bytes]:
    return made.encoded.at(PERSON, line, page, made.records[PERSON], stamp)


def test_beside_a_line_it_stands_once_for_each_as_well() -> None:
    made = Made({number: {**ADA, "id": number, "name": str(number)} for number in range(5)})
    line = Line([3, 1, 4, 0, 2], [])
    assert at(made, line, slice(1, 3)) == [b"1", b"4"]
    assert at(made, line, slice(0, 3)) == [b"3", b"1", b"4"]
    assert at(made, line, slice(4, None, -1)) == [b"2", b"0", b"4", b"1", b"3"]
    assert at(made, line, slice(0)) == []
    assert made.names == ["1", "4", "3", "2", "0"]
    assert line.made == [b"3", b"1", b"4", b"0", b"2"]


def test_beside_lines_is_nothing_that_is_kept_no_longer() -> None:
    made = Made({17: ADA}, most=5)
    lines = [Line([17], []), Line([17], [])]
    for line in lines:
        at(made, line, slice(1))
    made.records[PERSON][18] = {**ADA, "id": 18, "name": "Bob"}
    made.of(made.records[PERSON][18])
    assert [line.made for line in lines] == [None, None]
    at(made, lines[0], slice(1))
    assert at(made, lines[0], slice(1), stamp=2) == [b"Ada"]
    assert made.names == ["Ada", "Bob", "Ada", "Ada"]


def test_beside_a_line_is_nothing_that_may_be_another_the_next_time() -> None:
    """The company may be created later."""
    made = Made({17: {**ADA, "company_id": 5}})
    line = Line([17], [])
    assert at(made, line, slice(1)) + at(made, line, slice(1)) == [b"Ada", b"Ada"]
    assert (made.names, line.made) == (["Ada", "Ada"], [None])


def test_no_more_is_kept_than_may_be() -> None:
    bob = {**ADA, "id": 18, "name": "Bob"}
    made = Made({17: ADA, 18: bob}, most=5)
    for _ in range(2):
        assert (made.of(ADA), made.of(bob)) == ([b"Ada"], [b"Bob"])
    assert made.names == ["Ada", "Bob"] * 2


@pytest.mark.parametrize("kind", [PERSON, OPPORTUNITY])
def test_a_company_is_shown_under_its_name_as_it_is_now(kind: EntityType) -> None:
    account = make_account()
    company = make(account, COMPANY, name="Byron & Co")
    record = make(account, kind, name="Ada", company_id=company)
    assert shown(account, kind, record)["company_name"] == "Byron & Co"
    update(account, COMPANY, company, name="Lovelace Ltd")
    assert shown(account, kind, record)["company_name"] == "Lovelace Ltd"
    account.act(commands.delete(COMPANY, [company]), START)
    assert shown(account, kind, record)["company_name"] is None


def test_a_company_may_come_after_the_person_that_names_it() -> None:
    account = make_account()
    ada = seed(account, PERSON, name="Ada", company_id=17)
    assert shown(account, PERSON, ada)["company_name"] is None
    seed(account, COMPANY, id=17, name="Byron & Co")
    assert shown(account, PERSON, ada)["company_name"] == "Byron & Co"


def test_what_is_looked_up_is_shown_as_it_is_now() -> None:
    account = make_account()
    lead = make(account, LEAD, name="Ada")
    before = shown(account, LEAD, lead)
    account.records.catalogue.update("lead_statuses", before["status_id"], {"name": "Fresh"})
    size = define(account, "Size", "String", LEAD)
    after = shown(account, LEAD, lead)
    assert after["status"] == "Fresh"
    assert after["custom_fields"] == [{"custom_field_definition_id": size, "value": None}]


def test_what_a_search_still_sees_though_it_is_gone_is_not_taken_for_what_came_in_its_place() -> None:
    account = make_account(search_lag_ms=60_000)
    store = account.records
    ada = seed(account, PERSON, id=17, name="Ada")
    gone = store.stored(PERSON, ada)
    assert shown(account, PERSON, ada)["name"] == "Ada"
    account.act(commands.delete(PERSON, [ada]), START)
    for _ in range(2):
        assert json.loads(store.read(PERSON, [ada], {ada: gone})[0])["name"] == "Ada"
    seed(account, PERSON, id=17, name="Bob")
    assert shown(account, PERSON, 17)["name"] == "Bob"
