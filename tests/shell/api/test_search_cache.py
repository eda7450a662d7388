"""The answer to a search is given again as long as nothing was written. The tests of the records' version check when
that is the case.
"""

from __future__ import annotations

import gc
import weakref

from copper_emulator.core.model import EntityType
from copper_emulator.core.records.searching.search import Query
from copper_emulator.shell.api.search_cache import LONGEST, Answer, AnswerCache, QueryCache, SearchRequest, search_cache
from tests.core.builders import make_account

PEOPLE = SearchRequest(EntityType.PERSON, b"{}", "")
ONE = Answer(b"[1]", 1)
QUERY = Query(EntityType.PERSON, {}, "name", descending=False)


def test_an_answer_is_kept_for_the_same_search_of_the_same_version() -> None:
    cache = AnswerCache()
    assert cache.get(PEOPLE, 1) is None
    cache.keep(PEOPLE, 1, ONE)
    assert cache.get(PEOPLE, 1) == ONE
    others = PEOPLE._replace(kind=EntityType.LEAD), PEOPLE._replace(body=b""), PEOPLE._replace(url_query="page_size=1")
    assert [cache.get(other, 1) for other in others] == [None, None, None]
    assert cache.get(PEOPLE, 2) is None


def test_with_the_first_answer_of_another_version_those_of_the_one_before_go() -> None:
    cache = AnswerCache()
    leads = PEOPLE._replace(kind=EntityType.LEAD)
    cache.keep(PEOPLE, 1, ONE)
    # Nothing has been requested at this version.
    cache.keep(leads, 2, ONE)
    assert (cache.get(PEOPLE, 2), cache.get(leads, 2)) == (None, ONE)
    assert (cache.get(PEOPLE, 1), cache.get(leads, 1)) == (None, None)


def test_no_more_is_kept_than_may_be() -> None:
    cache = AnswerCache(most=10)
    leads = PEOPLE._replace(kind=EntityType.LEAD)
    for asked in (PEOPLE, leads, PEOPLE, leads):
        cache.keep(asked, 1, ONE)
    assert (cache.get(PEOPLE, 1), cache.get(leads, 1)) == (ONE, ONE)
    cache.keep(PEOPLE._replace(body=b"{ }"), 1, ONE)
    assert (cache.get(PEOPLE, 1), cache.get(leads, 1)) == (None, None)
    cache.keep(PEOPLE, 1, Answer(b"[12345678]", 1))
    assert cache.get(PEOPLE, 1) is None


def test_what_a_search_asks_is_read_once_while_the_lookup_tables_are_the_same() -> None:
    cache = QueryCache(most=2)
    assert cache.get(PEOPLE, 1) is None
    cache.keep(PEOPLE, 1, QUERY)
    assert cache.get(PEOPLE, 1) is QUERY
    assert (cache.get(PEOPLE, 2), cache.get(PEOPLE._replace(url_query="page_size=1"), 1)) == (None, None)
    cache.keep(PEOPLE._replace(body=b""), 2, QUERY)
    assert (cache.get(PEOPLE, 2), cache.get(PEOPLE, 1)) == (None, None)


def test_no_more_searches_are_kept_than_may_be_and_no_long_ones() -> None:
    cache = QueryCache(most=2)
    others = [PEOPLE._replace(url_query=f"page_number={number}") for number in range(3)]
    for asked in others:
        cache.keep(asked, 1, QUERY)
    assert [cache.get(asked, 1) for asked in others] == [None, None, QUERY]
    long = PEOPLE._replace(body=b" " * (LONGEST + 1))
    cache.keep(long, 1, QUERY)
    assert (cache.get(long, 1), cache.get(others[2], 1)) == (None, QUERY)


def test_the_answers_of_an_account_are_its_own_and_go_with_its_records() -> None:
    account, other = make_account(), make_account()
    version = account.records.version
    assert version == other.records.version
    search_cache(account.records).answers.keep(PEOPLE, version, ONE)
    assert search_cache(account.records).answers.get(PEOPLE, version) == ONE
    assert search_cache(other.records).answers.get(PEOPLE, version) is None
    cache = weakref.ref(search_cache(account.records).answers)
    del account
    gc.collect()
    assert cache() is None
