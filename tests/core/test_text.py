"""Ids, counts, lists, suggestions and durations as messages write them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator.core.text import (
    beginning,
    choices,
    count,
    duration_text,
    ended,
    exception_text,
    folded,
    in_words,
    meant,
    no_such,
    no_such_key,
    numbered,
    plural,
    sentence,
    short_ids,
    suggesting,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "[]"),
        (1, "[1]"),
        (5, "[1, 2, 3, 4, 5]"),
        (6, "[1, 2, 3, ... 6] (6 ids)"),
        (30, "[1, 2, 3, ... 30] (30 ids)"),
    ],
)
def test_many_ids_are_shortened(number: int, text: str) -> None:
    assert short_ids(range(1, number + 1)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 changes"), (1, "1 change"), (2, "2 changes"), (10_000, "10,000 changes")],
)
def test_numbers_have_their_noun(number: int, text: str) -> None:
    assert count(number, "change") == text


def test_a_noun_in_y_has_its_own_plural() -> None:
    assert (count(1, "delivery"), count(2, "delivery")) == ("1 delivery", "2 deliveries")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0"),
        (250, "250ms"),
        (30_000, "30s"),
        (90_000, "1m30s"),
        (600_000, "10m"),
        (7_200_000, "2h"),
        (86_400_000, "1d"),
        (90_061_001, "1d1h1m1s1ms"),
    ],
)
def test_durations_read_as_the_settings_write_them(ms: int, text: str) -> None:
    assert duration_text(ms) == text


@pytest.mark.parametrize(
    ("noun", "many"),
    [
        ("row", "rows"),
        ("entry", "entries"),
        ("key", "keys"),
        ("match", "matches"),
        ("lead status", "lead statuses"),
        ("kind of destination", "kinds of destination"),
        ("type with custom fields", "types with custom fields"),
    ],
)
def test_nouns_have_a_plural(noun: str, many: str) -> None:
    assert plural(noun) == many


@pytest.mark.parametrize(
    ("names", "words", "from_which"),
    [
        ([], "none", "there are no accounts"),
        (["a"], "a", "the only account is a"),
        (["a", "b"], "a and b", "the accounts are a and b"),
        (["a", "b", "c"], "a, b and c", "the accounts are a, b and c"),
    ],
    ids=len,
)
def test_lists_are_words(names: list[str], words: str, from_which: str) -> None:
    assert in_words(names) == words
    assert choices("account", iter(names)) == from_which


def test_a_long_list_is_shown_in_part() -> None:
    names = [f"n{number}" for number in range(1, 1_003)]

    assert in_words(names, most=2) == "n1, n2 and 1,000 more"
    assert in_words(names[:2], most=2) == "n1 and n2"
    assert in_words(names[:3], last="or") == "n1, n2 or n3"
    assert choices("name", names, most=1) == "the names are n1 and 1,001 more"


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], "there are no changes"),
        ([7], "the only change is 7"),
        ([7, 8], "the changes are numbered 7 to 8"),
        (range(1, 1_001), "the changes are numbered 1 to 1,000"),
    ],
    ids=len,
)
def test_numbers_in_a_row_are_told_by_their_ends(numbers: Sequence[int], text: str) -> None:
    assert numbered("change", numbers) == text


@pytest.mark.parametrize(
    ("said", "near"), [("retrys", "retries"), ("Retries", "retries"), ("timeot", "Timeout"), ("fine", None), ("", None)]
)
def test_the_name_that_is_near_may_be_meant(said: str, near: str | None) -> None:
    assert meant(said, ["retries", "Timeout", "failed"]) == near


@pytest.mark.parametrize(
    ("said", "near"),
    [
        ("stage", "pipeline_stage_id"),
        ("stage_id", "pipeline_stage_id"),
        ("phone", "phone_numbers"),
        ("Numbers", "phone_numbers"),
        # Two have it: the one spelt most like it.
        ("pipeline", "pipeline_id"),
        # That it is an id tells nothing.
        ("id", None),
        ("stage_name", None),
    ],
)
def test_a_name_of_which_one_alone_has_the_words_is_meant(said: str, near: str | None) -> None:
    assert meant(said, ["pipeline_id", "pipeline_stage_id", "phone_numbers"]) == near


def test_a_name_may_have_to_be_nearer() -> None:
    assert meant("cat", ["cart"], at_least=0.9) is None


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("retrys", "there is no setting 'retrys'; did you mean 'retries'? The settings are retries and seed"),
        ("x", "there is no setting 'x'; the settings are retries and seed"),
        (17, "there is no setting 17; the settings are retries and seed"),
    ],
)
def test_what_was_meant_stands_before_what_there_is(said: object, text: str) -> None:
    assert no_such("setting", said, ["retries", "seed"]) == text


def test_what_was_meant_may_be_known_otherwise_than_by_its_spelling() -> None:
    assert no_such("event", "created", ["new"], near="new") == (
        "there is no event 'created'; did you mean 'new'? The only event is new"
    )


def test_an_unknown_key_is_not_named_again() -> None:
    assert no_such_key("id", ["ids"]) == "there is no such key; did you mean 'ids'? The only key is ids"


@pytest.mark.parametrize(
    ("near", "rest", "text"),
    [
        (None, "", "wrong"),
        (None, "write it so", "wrong; write it so"),
        ("b", "", "wrong; did you mean 'b'?"),
        ("b", "write it so", "wrong; did you mean 'b'? Write it so"),
    ],
)
def test_a_suggestion_is_a_question_before_the_rest(near: str | None, rest: str, text: str) -> None:
    assert suggesting("wrong", near, rest) == text


def test_only_what_is_too_long_is_cut() -> None:
    assert beginning("12345", 5) == "12345"
    assert beginning("123456", 5) == "12345..."


class Silent:
    """An object of which `repr` shows its address alone."""


class SaysItOtherwise(Exception):
    def __str__(self) -> str:
        return "No mock address: GET http://127.0.0.1/people/17"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (KeyError("id"), "KeyError('id')"),
        (SaysItOtherwise(17), "SaysItOtherwise(17)"),
        (SaysItOtherwise(Silent()), "SaysItOtherwise('No mock address: GET http://127.0.0.1/people/17')"),
        (ValueError(Silent()), f"ValueError(<{__name__}.Silent object>)"),
        (type("Mute", (SaysItOtherwise,), {"__str__": lambda _: ""})(Silent()), f"Mute(<{__name__}.Silent object>)"),
    ],
    ids=["plain", "without an address", "in words", "an address in its words too", "no words"],
)
def test_an_exception_is_the_same_text_in_each_run(error: Exception, text: str) -> None:
    assert exception_text(error) == text


def test_messages_become_sentences() -> None:
    assert [sentence(text) for text in ("it is", "is it?", "it is.")] == ["It is.", "Is it?", "It is."]
    assert ended("it is") == "it is."


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\u0131")))
def test_a_text_is_the_same_in_any_case(text: str) -> None:
    """But for the Turkish i without a dot, whose capital is that of `i`."""
    assert folded(text) == folded(text.upper()) == folded(text.lower()) == folded(text.title())


def test_a_text_that_is_as_it_would_be_compared_takes_no_room_twice() -> None:
    text = "".join(["ada", "@example.com"])
    assert folded(text) is text
