"""How phone numbers match: "Search by Phone Number" in the developer docs, with its own examples.

Non-numeric characters are stripped. A partial search finds numbers that end in the digits. A fuzzy one first strips 1
to 6 digits from the front, discards results shorter than 6, and finds numbers that end in any of the rest. Up to 6
digits are partial; 7 and more are fuzzy unless the filter says otherwise.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copper_emulator.core.account import Account
from copper_emulator.core.errors import Invalid
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands
from tests.core.builders import START, make_account
from tests.core.records.playing import COMPANY, LEAD, PERSON, seed
from tests.core.records.searching.world import names, phone

TEN, ELEVEN, THIRTEEN, OTHER_AREA = "4085551234", "1-4085551234", "123-4085551234", "5105551234"
"""The numbers on the page; the last is one that a fuzzy search for the first finds, too."""

SIX_DIGITS, FIVE_DIGITS = "(212) 955-1234", "212 885-1234"
"""Numbers that have only the last 6 or the last 5 digits of the first in common with it."""

ALL = [TEN, ELEVEN, THIRTEEN, OTHER_AREA, SIX_DIGITS, FIVE_DIGITS]
PARTIAL = [TEN, ELEVEN, THIRTEEN]
SEVEN = [*PARTIAL, OTHER_AREA]
FUZZY = [*SEVEN, SIX_DIGITS]
"""Numbers that end in the last 7 digits of the first, and in the last 6."""


def account_with(kind: EntityType, *numbers: str) -> Account:
    """An account with records named after their only number, and one that has none."""
    account = make_account()
    for number in numbers:
        seed(account, kind, name=number, phone_numbers=phone(number))
    seed(account, kind, name="nobody")
    return account


WORLDS = {kind: account_with(kind, *ALL) for kind in (LEAD, PERSON, COMPANY)}

FILTERS = [(LEAD, "phone_number"), (PERSON, "phone_number"), (PERSON, "phone_numbers"), (COMPANY, "phone_number")]

FOUND: list[tuple[Any, list[str]]] = [
    # The page's own example, which is fuzzy because it has ten digits.
    ("408-555-1234", FUZZY),
    ("4085551234", FUZZY),
    ({"value": "408-555-1234"}, FUZZY),
    ({"value": "408-555-1234", "match": None}, FUZZY),
    ({"value": "408-555-1234", "match": "fuzzy"}, FUZZY),
    ({"value": "408-555-1234", "match": "partial"}, PARTIAL),
    ({"value": "5551234", "match": "partial"}, SEVEN),
    ("555-1234", FUZZY),
    # Seven digits: the last six remain.
    ("9551234", FUZZY),
    ({"value": "9551234", "match": "partial"}, [SIX_DIGITS]),
    ("1551234", FUZZY),
    # Six and fewer are partial, whatever the filter says.
    ("551234", FUZZY),
    ("51234", ALL),
    ("1234", ALL),
    ("851234", [FIVE_DIGITS]),
    ({"value": "1234", "match": "fuzzy"}, ALL),
    ({"value": "855-123", "match": "fuzzy"}, []),
    # At most six are stripped: eight of fourteen remain.
    ("99999985551234", PARTIAL),
    ("99999995551234", []),
    ("+1 (408) 555-1234", FUZZY),
    (["5105551234", {"value": "1 4085551234", "match": "partial"}], FUZZY),
    ([{"value": "14085551234", "match": "partial"}, {"value": "5105551234", "match": "partial"}], [ELEVEN, OTHER_AREA]),
    # Without digits there is nothing for a number to end in.
    ("extension", []),
    ([{"value": "none"}, "n/a"], []),
    ({"value": "", "match": "partial"}, []),
    ("", [*ALL, "nobody"]),
    (None, [*ALL, "nobody"]),
]


@pytest.mark.parametrize(("said", "found"), FOUND, ids=str)
@pytest.mark.parametrize(("kind", "name"), FILTERS, ids=str)
def test_a_number_is_found_by_its_last_digits(kind: EntityType, name: str, said: Any, found: list[str]) -> None:
    assert sorted(names(WORLDS[kind], kind, **{name: said})) == sorted(found)


@pytest.mark.parametrize("numbers", [("555-1234", "5"), ("5", "555-1234")])
def test_each_number_of_a_record_counts_for_itself(numbers: tuple[str, str]) -> None:
    account = make_account()
    seed(account, PERSON, name="Ada", phone_numbers=[*phone(numbers[0]), *phone(numbers[1])])

    assert names(account, PERSON, phone_number="1234") == ["Ada"]
    assert names(account, PERSON, phone_number="5") == ["Ada"]
    assert names(account, PERSON, phone_number={"value": "12345", "match": "partial"}) == []
    assert names(account, PERSON, phone_number={"value": "55551234", "match": "partial"}) == []


def test_the_same_search_finds_what_was_written_meanwhile() -> None:
    account = account_with(PERSON, TEN, "2025550100")
    asked: list[dict[str, Any]] = [
        {"phone_number": "510-555-1234"},
        {"phone_numbers": [{"value": "0100", "match": "partial"}, "1"]},
    ]
    assert [names(account, PERSON, **each) for each in asked] == [[TEN], ["2025550100"]]

    for name, number in ((TEN, "2025550101"), ("nobody", "555 1234")):
        [found] = [each["id"] for each in account.records.of(PERSON).values() if each["name"] == name]
        account.act(commands.update(PERSON, [found], {"phone_numbers": phone(number)}), START)

    assert [names(account, PERSON, **each) for each in asked] == [["nobody"], ["2025550100", TEN]]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (5551234, "Phone Number: must be a string"),
        ({"value": 5551234}, "Phone Number: must be a string"),
        ({"match": "partial"}, "Phone Number: is invalid"),
        ({"value": "5551234", "match": "exact"}, "Phone Number: is not included in the list"),
        ({"value": "5551234", "match": ["partial"]}, "Phone Number: is not included in the list"),
        ({"value": "5551234", "kind": "work"}, "Phone Number: is invalid"),
        ([["5551234"]], "Phone Number: must be a string"),
    ],
)
def test_any_other_shape_is_refused(said: Any, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        names(WORLDS[PERSON], PERSON, phone_number=said)


DIGITS = st.text("0123", max_size=16)


@settings(deadline=None)
@given(
    filtered=DIGITS.filter(bool),
    numbers=st.lists(DIGITS, max_size=4),
    match=st.sampled_from(["partial", "fuzzy", None]),
)
def test_it_is_what_the_page_says_of_permuted_sequences(filtered: str, numbers: list[str], match: str | None) -> None:
    account = make_account()
    seed(
        account, PERSON, name="Ada", phone_numbers=[{"number": f"+{number}", "category": "work"} for number in numbers]
    )
    fuzzy = len(filtered) > 6 and match != "partial"
    permuted = [filtered, *(filtered[cut:] for cut in range(1, 7) if fuzzy and len(filtered[cut:]) >= 6)]

    found = names(account, PERSON, phone_number={"value": filtered, "match": match})

    assert bool(found) is any(number.endswith(tuple(permuted)) for number in numbers)
