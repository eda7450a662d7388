"""Faults as people write them: one text for each, and error messages for others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator import Settings, SettingsError
from copper_emulator.core.fault import WHOLE, Fault, FaultName
from copper_emulator.core.rules import Latency
from copper_emulator.fault_texts import FORMS, fault, faults_text, parse_fault, parse_faults

TARGET = "https://a.example/hooks"


@pytest.mark.parametrize("name", FaultName)
def test_the_example_of_every_fault_reads_back_as_it_is_written(name: FaultName) -> None:
    read = parse_fault(FORMS[name].example)

    assert read.name is name
    assert str(read) == FORMS[name].example


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("lose=3", Fault(FaultName.LOSE, next=3)),
        ("lose=12.5%", Fault(FaultName.LOSE, share=WHOLE // 8)),
        (" lose=100% ", Fault(FaultName.LOSE, share=WHOLE)),
        ("outage=1m30s", Fault(FaultName.OUTAGE, span_ms=90_000)),
        ("latency=30s", Fault(FaultName.LATENCY, latency=Latency(30_000, 30_000))),
        ("batches=1", Fault(FaultName.BATCHES, sizes=(1,))),
        ("slow=3s,2", Fault(FaultName.SLOW, span_ms=3_000, next=2)),
        ("refuse", Fault(FaultName.REFUSE, next=1)),
        ("hang=4", Fault(FaultName.HANG, next=4)),
        ("changed=2", Fault(FaultName.CHANGED, next=2)),
        ("beyond_spec.retry=3/5m", Fault(FaultName.RETRY, next=3, span_ms=300_000)),
        ("beyond_spec.duplicate=2", Fault(FaultName.DUPLICATE, next=2)),
        (f"lose=1@{TARGET}?x=1", Fault(FaultName.LOSE, next=1, target=f"{TARGET}?x=1")),
        (f"garble@{TARGET}", Fault(FaultName.GARBLE, next=1, target=TARGET)),
        ("api.status=429", Fault(FaultName.API_STATUS, status=429, next=1)),
        ("api.status=503,10m", Fault(FaultName.API_STATUS, status=503, span_ms=600_000)),
        ("api.slow=3s,2", Fault(FaultName.API_SLOW, span_ms=3_000, next=2)),
        ("api.hang", Fault(FaultName.API_HANG, next=1)),
    ],
    ids=lambda value: str(value),
)
def test_a_text_is_read(text: str, read: Fault) -> None:
    assert parse_fault(text) == read


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("loose=3", "there is no fault 'loose'; did you mean 'lose'? The faults are lose, outage,"),
        ("retry=3", "did you mean 'beyond_spec.retry'?"),
        ("nonsense", "there is no fault 'nonsense'; the faults are"),
        ("", "there is no fault ''; the faults are"),
        ("lose", "lose needs a value: write it like lose=20%"),
        ("lose=", "'lose=' is incomplete: write it like lose=20%"),
        ("lose=3@", "'lose=3@' is incomplete"),
        ("refuse=0", "refuse: '0' is not a whole number from 1 to a million"),
        ("lose=many", "lose: 'many' is not a whole number from 1 to a million"),
        ("lose=0.00001%", "lose: '0.00001%' is not a share"),
        ("lose=x%", "lose: 'x%' is not a share"),
        ("lose=nan%", "lose: 'nan%' is not a share"),
        ("outage", "outage needs a value: write it like outage=10m"),
        ("outage=0", "outage: '0' is too short"),
        ("outage=soon", "outage: 'soon' is not a duration"),
        ("latency=9m-1m", "latency: a range must go from the shorter to the longer time"),
        ("shuffle=1", "shuffle takes no value: write it like shuffle"),
        ("batches=31", "batches: '31' is not a list of sizes: a notification has 1 to 30 ids"),
        ("batches=5,", "batches: '' is not a whole number from 1 to a million"),
        ("slow=3s,", "slow: '' is not a whole number from 1 to a million"),
        ("slow", "slow needs a value: write it like slow=3s"),
        ("refuse=20%", "refuse takes a number, not a share: write it like refuse=1"),
        ("gone=20%", "gone takes a number, not a share: write it like gone"),
        ("beyond_spec.retry", "beyond_spec.retry needs a value: write it like beyond_spec.retry=8"),
        ("beyond_spec.retry=3/0", "beyond_spec.retry: '0' is too short"),
        ("stale=5s@https://a.example", "stale: it affects all targets, not one"),
        ("shuffle@https://a.example", "shuffle: it affects all targets, not one"),
        ("api.status", "api.status needs a status: write it like api.status=429,3"),
        ("api.status=200", "api.status: '200' is not an error status: write one like 429, 500 or 503"),
        ("api.status=600", "api.status: '600' is not an error status"),
        ("api.status=429,", "api.status: '' is not a duration"),
        ("api.status=429,0", "api.status: '0' is not a whole number from 1 to a million"),
        ("api.hang=20%", "api.hang takes a number, not a share: write it like api.hang=1"),
        ("status=429", "there is no fault 'status'; did you mean 'api.status'?"),
        ("api.slow=3s@https://a.example", "api.slow: it affects API calls, not a target"),
        ("lose=1@a.example", "lose: 'a.example' is not a target: write a subscription's, or one above it"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_fault(text)

    assert says in str(caught.value)


def test_a_share_in_text_is_told_as_text() -> None:
    with pytest.raises(ValueError, match=r"^lose: '101%' is not a share: write it like 20%$"):
        parse_fault("lose=101%")


@pytest.mark.parametrize("name", [FaultName.LOSE, FaultName.DUPLICATE, FaultName.CORRUPT])
@pytest.mark.parametrize("parts", [{"share": 0}, {"share": 0.0}, {"share": "0%"}, {"next": 0}, {"next": "0"}])
def test_a_share_of_nothing_is_one_that_never_strikes(name: FaultName, parts: dict[str, Any]) -> None:
    made = fault(name, **parts)

    assert made == Fault(name, share=0)
    assert str(made) == f"{name}=0%"
    assert parse_fault(f"{name}=0") == parse_fault(str(made)) == made


@pytest.mark.parametrize(
    ("name", "parts", "says"),
    [
        (FaultName.LOSE, {"next": 1, "share": 0.5}, "lose takes a number or a share, not both"),
        (FaultName.LOSE, {"next": True}, "True is not a whole number"),
        (FaultName.API_STATUS, {"next": 1}, "api.status needs a status: write it like api.status=429,3"),
        (FaultName.API_STATUS, {"status": True}, "True is not an error status"),
        (
            FaultName.API_STATUS,
            {"status": 503, "next": 1, "span": "1m"},
            "api.status takes a number or a time, not both",
        ),
        (FaultName.LOSE, {"share": True}, "True is not a share"),
        (FaultName.LOSE, {"share": False}, "False is not a share"),
        (FaultName.LOSE, {"next": 0, "share": 0.5}, "0 is not a whole number from 1 to a million"),
        (FaultName.LOSE, {"share": 20}, "20 is not a share: write it like 0.2 or '20%'"),
        (FaultName.LOSE, {"share": None, "next": None}, "lose needs a value"),
        (FaultName.BATCHES, {"sizes": ()}, "() is not a list of sizes"),
        (FaultName.BATCHES, {"sizes": 5}, "5 is not a list of sizes"),
        (FaultName.LATENCY, {"latency": 30}, "30 needs a unit: write it like '30s' or '30m'"),
        (FaultName.OUTAGE, {"span": 10}, "10 needs a unit: write it like '10s' or '10m'"),
        (FaultName.LOSE, {"next": 1, "target": 5}, "5 is not a target"),
        (FaultName.LOSE, {"next": 1, "target": "https://a.example/a b"}, "is not a target"),
    ],
)
def test_python_values_are_checked_too(name: FaultName, parts: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        fault(name, **parts)

    assert says in str(caught.value)


def test_python_values_are_taken_as_they_are() -> None:
    assert fault(FaultName.OUTAGE, span=timedelta(minutes=10)) == parse_fault("outage=10m")
    assert fault(FaultName.LATENCY, latency=("0", "15m")) == parse_fault("latency=0-15m")
    assert fault(FaultName.LOSE, share="20%") == fault(FaultName.LOSE, share=0.2) == parse_fault("lose=20%")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("off", "off"),
        ("", "off"),
        (None, "off"),
        ([], "off"),
        ("lose=20%  outage=10m", "lose=20% outage=10m"),
        (["lose=20%", "outage=10m gone"], "lose=20% outage=10m gone"),
        (Fault(FaultName.SHUFFLE), "shuffle"),
        ((Fault(FaultName.SHUFFLE), "gone"), "shuffle gone"),
    ],
)
def test_several_have_one_syntax(value: object, text: str) -> None:
    assert faults_text(parse_faults(value)) == text


@pytest.mark.parametrize("value", [5, {"lose": 3}, [5]])
def test_what_are_no_faults_says_so(value: object) -> None:
    with pytest.raises(ValueError, match="is not a list of faults: write it like lose=20% outage=10m, or off"):
        parse_faults(value)


def test_a_comma_in_a_list_without_quotes_is_explained() -> None:
    with pytest.raises(ValueError, match="3 is no fault: a comma separates the faults in a list") as raised:
        parse_faults(["api.status=429", 3, "shuffle"])

    assert str(raised.value).endswith('so write one that has a comma in quotes, like "api.status=429,3"')


def test_a_setting_has_them_from_the_start() -> None:
    settings = Settings(faults="lose=20% shuffle")

    assert settings.rules().faults == parse_faults("lose=20% shuffle")
    assert settings.as_json()["faults"] == "lose=20% shuffle"
    with pytest.raises(SettingsError, match=r"^faults: there is no fault 'loose'; did you mean 'lose'\?"):
        Settings(faults="loose=20%")


targets = st.sampled_from(["", "https://a.example", TARGET])
counts = st.integers(1, WHOLE)
written = st.one_of(
    st.builds(Fault, st.sampled_from([FaultName.LOSE, FaultName.DUPLICATE]), next=counts, target=targets),
    st.builds(Fault, st.just(FaultName.CORRUPT), share=counts, target=targets),
    st.builds(Fault, st.just(FaultName.SLOW), span_ms=counts, next=st.none() | counts, target=targets),
    st.builds(Fault, st.just(FaultName.RETRY), span_ms=counts, next=counts, target=targets),
    st.builds(Fault, st.just(FaultName.BATCHES), sizes=st.lists(st.integers(1, 30), min_size=1).map(tuple)),
    st.builds(Fault, st.just(FaultName.API_STATUS), status=st.sampled_from([429, 500, 503]), next=counts),
    st.builds(Fault, st.just(FaultName.API_STATUS), status=st.just(503), span_ms=counts),
    st.builds(Fault, st.just(FaultName.LATENCY), latency=st.builds(Latency, st.just(0), counts)),
)


@given(st.lists(written))
def test_what_is_written_reads_back_the_same(faults: list[Fault]) -> None:
    assert parse_faults(faults_text(faults)) == tuple(faults)


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("lose=20%,shuffle", "lose=20% shuffle"),
        ("lose=20%, shuffle", "lose=20% shuffle"),
        ("slow=3s,2,shuffle,", "slow=3s,2 shuffle"),
    ],
)
def test_commas_between_faults_are_answered_with_blanks(text: str, like: str) -> None:
    with pytest.raises(ValueError, match=f"separate faults with spaces, not commas, like {like}$"):
        parse_faults(text)


def test_commas_within_a_fault_are_its_own() -> None:
    assert [str(each) for each in parse_faults("slow=3s,2 batches=29,1")] == ["slow=3s,2", "batches=29,1"]
