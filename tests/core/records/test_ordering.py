"""Orders that are kept while records change, and what searches that lag behind do not see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from math import isnan
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from copper_emulator.core.records.edits import ONE_BY_ONE
from copper_emulator.core.records.ordering import (
    MOST_COLUMNS,
    MOST_ORDERS,
    MOST_PARTS,
    Choose,
    Column,
    Line,
    Order,
    Orders,
)
from copper_emulator.core.records.recent import Recent

by_name = itemgetter("name")
SIZE = Column("size", itemgetter("size"), number=True)
NAME = Column("name", by_name)


def row(record_id: int, name: Any = None, size: Any = None) -> dict[str, Any]:
    return {"id": record_id, "name": name, "size": size}


def of_size(*sizes: int | None) -> Choose:
    """Choose the records of one of these sizes."""

    def choose(number: int, values: Callable[[Column], Sequence[Any]]) -> list[int]:
        found = values(Column("plain size", itemgetter("size")))
        return [each for each in range(number) if found[each] in sizes]

    return choose


def write(orders: Orders, records: dict[int, Any], record: dict[str, Any], now: int | None = 0) -> None:
    before = records.get(record["id"])
    records[record["id"]] = record
    orders.touch(record["id"], before, record, now)


def delete(orders: Orders, records: dict[int, Any], record_id: int, now: int | None = 0) -> None:
    orders.touch(record_id, records.pop(record_id), None, now)


# --- orders -------------------------------------------------------------------------------------------


def test_records_without_a_value_come_last_and_ties_are_in_the_order_of_ids() -> None:
    records = [row(4), row(3, "b"), row(2, "a"), row(1), row(0, "b")]

    assert Order({each["id"]: each for each in records}, by_name, None).ids == [2, 0, 3, 1, 4]


@given(
    # More than 64 touched records rebuild the order; up to 32 edits are made one by one, more in one pass.
    looks=some.lists(
        some.lists(
            some.tuples(some.integers(1, 90), some.sampled_from(["a", "b", "c", None, "gone"]), some.integers(0, 3)),
            max_size=120,
        ),
        max_size=4,
    )
)
def test_an_order_and_its_columns_are_always_those_of_the_records_as_they_are(looks: list[Any]) -> None:
    orders = Orders(0)
    records: dict[int, Any] = {}
    for writes in looks:
        for record_id, name, size in writes:
            if name != "gone":
                write(orders, records, row(record_id, name, size or None))
            elif record_id in records:
                delete(orders, records, record_id)

        order = orders.order("name", records, by_name, None)

        expected = sorted(records.values(), key=lambda each: (each["name"] is None, each["name"] or "", each["id"]))
        assert order.ids == [each["id"] for each in expected]
        assert order.values(NAME) == [each["name"] for each in expected]
        sizes = [None if isnan(size) else size for size in order.values(SIZE)]
        assert sizes == [each["size"] for each in expected]
        for wanted in ((1,), (2, None)):
            found = order.part(wanted, of_size(*wanted))
            assert found.ids == [each["id"] for each in expected if each["size"] in wanted]
            _check_made(found, records)
        _check_made(order, records)


def _check_made(line: Line, records: dict[int, Any]) -> None:
    """Check that no bytes are stored for another record, then store the right ones for each."""
    right = [str(records[each]).encode() for each in line.ids]
    made = [None] * len(right) if line.made is None else line.made
    assert [each or other for each, other in zip(made, right, strict=True)] == right
    line.made = [*right]


def test_what_was_made_of_a_record_goes_when_it_is_written_and_that_of_others_stays() -> None:
    orders = Orders(0)
    records = {number: row(number, "b", 1) for number in range(4)}
    order = orders.order("name", records, by_name, None)
    lines: list[Line] = [order, order.part("ones", of_size(1))]
    for line in lines:
        line.made = [b"0", b"1", b"2", b"3"]
    write(orders, records, row(1, "b", 1))
    write(orders, records, row(3, "a", 1))
    delete(orders, records, 2)
    write(orders, records, row(4, "c", 1))
    orders.order("name", records, by_name, None)

    assert [(line.ids, line.made) for line in lines] == [([3, 0, 1, 4], [None, b"0", None, None])] * 2


def test_an_order_is_made_once_and_then_kept() -> None:
    orders = Orders(0)
    records: dict[int, Any] = {}
    write(orders, records, row(1, "a"))
    first = orders.order("name", records, by_name, None)
    write(orders, records, row(2, "b"))

    assert orders.order("name", records, by_name, None) is first
    assert first.ids == [1, 2]


def test_after_many_writes_an_order_is_made_anew() -> None:
    orders = Orders(0)
    records: dict[int, Any] = {}
    first = orders.order("name", records, by_name, None)
    for number in range(65):
        write(orders, records, row(number, "a"))

    assert orders.order("name", records, by_name, None) is not first


def test_a_large_order_bears_more_writes() -> None:
    assert Order({number: row(number) for number in range(2_000)}, by_name, None).bears == 100


def test_many_writes_are_taken_over_in_one_pass() -> None:
    """Records that are added, removed, moved or left in place, with a name and without one."""
    orders = Orders(0)
    records: dict[int, Any] = {number: row(number, [None, "b", "d"][number % 3], number) for number in range(60)}
    order = orders.order("name", records, by_name, None)
    order.values(NAME), order.values(SIZE)
    for number in range(0, 60, 4):
        delete(orders, records, number)
    for number in [*range(1, 60, 4), *range(60, 80)]:
        write(orders, records, row(number, [None, "a", "c", "d"][number % 7 % 4], number + 100))

    assert orders.order("name", records, by_name, None) is order

    expected = sorted(records.values(), key=lambda each: (each["name"] is None, each["name"] or "", each["id"]))
    assert list(order.ids) == [each["id"] for each in expected]
    assert list(order.values(NAME)) == [each["name"] for each in expected]
    assert list(order.values(SIZE)) == [each["size"] for each in expected]
    assert order.keys == [each["name"] for each in expected if each["name"] is not None]


def test_only_the_orders_that_were_asked_for_last_are_kept() -> None:
    orders = Orders(0)
    records = {1: row(1, "a")}
    first = orders.order("0", records, by_name, None)
    for number in range(1, MOST_ORDERS):
        orders.order(str(number), records, by_name, None)
    assert orders.order("0", records, by_name, None) is first

    orders.order("one too many", records, by_name, None)

    assert len(orders._kept) == MOST_ORDERS
    assert "1" not in orders._kept
    assert orders.order("0", records, by_name, None) is first


def test_only_the_columns_that_were_asked_for_last_are_kept() -> None:
    order = Order({1: row(1)}, by_name, None)
    for number in [*range(MOST_COLUMNS), 0, "one too many"]:
        order.values(Column(str(number), by_name))

    assert list(order._columns) == [*(str(number) for number in range(2, MOST_COLUMNS)), "0", "one too many"]


def test_a_part_is_looked_for_once_and_then_follows_what_is_written() -> None:
    orders = Orders(0)
    records = {number: row(number, "a", number % 2) for number in range(40)}
    looked_at: list[int] = []

    def choose(number: int, values: Callable[[Column], Sequence[Any]]) -> Sequence[int]:
        looked_at.append(number)
        return of_size(1)(number, values)

    order = orders.order("name", records, by_name, None)
    assert order.part("odd", choose).ids == list(range(1, 40, 2))
    write(orders, records, row(2, None, 1))
    write(orders, records, row(3, "a", 0))

    assert orders.order("name", records, by_name, None).part("odd", choose).ids == [1, *range(5, 40, 2), 2]
    # All of them once, and then each of the two as it was and as it is.
    assert looked_at == [40, 1, 1, 1, 1]


def test_after_many_writes_a_part_is_looked_for_anew() -> None:
    orders = Orders(0)
    records = {number: row(number, "a", 1) for number in range(40)}
    looked_at: list[int] = []

    def choose(number: int, values: Callable[[Column], Sequence[Any]]) -> Sequence[int]:
        looked_at.append(number)
        return of_size(1)(number, values)

    orders.order("name", records, by_name, None).part("ones", choose)
    for number in range(ONE_BY_ONE + 1):
        write(orders, records, row(number, "a", 0))

    found = orders.order("name", records, by_name, None).part("ones", choose)
    assert (found.ids, looked_at) == (list(range(ONE_BY_ONE + 1, 40)), [40, 40])


def test_only_the_parts_that_were_asked_for_last_are_kept() -> None:
    order = Order({1: row(1)}, by_name, None)
    for number in [*range(MOST_PARTS), 0, "one too many"]:
        order.part(number, of_size(None))

    assert list(order._parts) == [*range(2, MOST_PARTS), 0, "one too many"]


def test_with_another_stamp_every_key_may_be_another() -> None:
    """For example the names of companies, by which their people are sorted."""
    orders = Orders(0)
    records = {1: row(1, "a"), 2: row(2, "b")}
    names = {"a": "zebra", "b": "bear"}
    orders.order("animal", records, lambda each: each["name"], "before")

    order = orders.order("animal", records, lambda each: names[each["name"]], "after")

    assert order.ids == [2, 1]


def test_a_column_that_depends_on_more_than_the_record_is_worked_out_every_time() -> None:
    answers = count()
    column = Column("now", lambda record: next(answers), kept=False)
    order = Order({1: row(1)}, by_name, None)

    assert [list(order.values(column)), list(order.values(column))] == [[0], [1]]


def test_a_column_is_worked_out_once() -> None:
    answers = count()
    order = Order({1: row(1)}, by_name, None)
    column = Column("now", lambda record: next(answers))

    assert [list(order.values(column)), list(order.values(column))] == [[0], [0]]


def test_nothing_is_kept_that_nobody_asked_for() -> None:
    orders = Orders(0)
    records: dict[int, Any] = {}
    write(orders, records, row(1, "a"))

    assert orders._kept == {}
    assert orders.writes == 1


# --- what searches see that lie behind ----------------------------------------------------------------

LAG = 2_000


def seen(recent: Recent, there: set[int], now: int) -> set[int]:
    """The ids that a search finds."""
    unseen, gone = recent.differences(now)
    return {each for each in there if each not in unseen} | {record["id"] for record in gone}


@pytest.mark.parametrize(("later", "found"), [(0, set()), (1_999, set()), (2_000, {1}), (2_001, {1})])
def test_a_new_record_is_found_when_the_lag_has_passed(later: int, found: set[int]) -> None:
    recent = Recent(LAG)
    recent.note_created(1, 5_000)

    assert seen(recent, {1}, 5_000 + later) == found


@pytest.mark.parametrize(("later", "found"), [(0, {1}), (1_999, {1}), (2_000, set()), (2_001, set())])
def test_a_deleted_record_is_found_until_the_lag_has_passed(later: int, found: set[int]) -> None:
    recent = Recent(LAG)
    recent.note_deleted(row(1), 5_000)

    assert seen(recent, set(), 5_000 + later) == found


def test_a_record_that_lived_for_less_than_the_lag_is_found_as_long_as_it_lived() -> None:
    recent = Recent(LAG)
    recent.note_created(1, 5_000)
    recent.note_deleted(row(1), 5_500)

    assert [now for now in range(5_000, 8_000, 250) if seen(recent, set(), now)] == [7_000, 7_250]


def test_a_record_that_was_always_there_is_found_at_once() -> None:
    recent = Recent(LAG)
    recent.note_created(1, None)

    assert seen(recent, {1}, 0) == {1}


def test_a_record_that_comes_back_under_its_id_is_found_once() -> None:
    recent = Recent(LAG)
    recent.note_deleted(row(1), 5_000)
    recent.note_created(1, None)

    assert recent.differences(5_000)[1] == []


def test_what_was_always_gone_is_not_found() -> None:
    recent = Recent(LAG)
    recent.note_deleted(row(1), None)

    assert seen(recent, set(), 0) == set()


def test_without_a_lag_nothing_is_kept() -> None:
    recent = Recent(0)
    recent.note_created(1, 5_000)
    recent.note_deleted(row(2), 5_000)

    assert (len(recent._born), len(recent._gone)) == (0, 0)


def test_what_everybody_sees_is_forgotten_while_others_come() -> None:
    recent = Recent(LAG)
    for number in range(5):
        recent.note_created(number, number * 1_000)
        recent.note_deleted(row(number + 10), number * 1_000)

    assert (list(recent._born), list(recent._gone)) == ([3, 4], [13, 14])
