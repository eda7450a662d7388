"""`copper-emulator why`: the same answers as `explain`, from a running server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from copper_emulator.core.rules import MAX_IDS
from tests.cli.processes import Process, invoke, started, subscribe


@pytest.fixture(scope="module")
def server() -> Iterator[Process]:
    """A server whose clock is frozen, with something to ask about."""
    with started("serve", "--port", "0", "--clock", "manual", "--latency", "10m") as process:
        invoke("fire", "person.update", "--id", "17", server=process.url)
        subscribe(process.url, "person", "update", secret={"key": "s3cret-value"})
        invoke("fire", "person.update", "--id", "17", "--id", "18", server=process.url)
        yield process


def plain(text: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", "TIME", text)


def test_a_record(server: Process) -> None:
    code, out, err = invoke("why", "person", "17", server=server.url)

    assert (code, err) == (0, "")
    assert plain(out).splitlines() == [
        "TIME  person/update [17] (fired by hand)",
        "  nobody was notified: no subscription to person/update",
        "  subscription 560698 was made after the change (TIME)",
        "TIME  person/update [17, 18] (fired by hand)",
        "  #1 person/update [17, 18], 17 together with 1 other id, for subscription 560698: waits, due TIME",
        f"A notification has up to {MAX_IDS} ids, and the endpoint has to handle each of them.",
    ]


def test_a_type_is_named_as_people_like_and_nothing_named_is_everything(server: Process) -> None:
    everything = invoke("why", server=server.url)[1]

    assert invoke("why", "people", server=server.url)[1] == everything
    assert invoke("why", "leads", server=server.url)[1] == "nothing happened to any lead\n"


def test_a_subscription_without_its_secrets(server: Process) -> None:
    code, out, err = invoke("why", "subscription", "560698", server=server.url)

    assert (code, err) == (0, "")
    assert plain(out).splitlines() == [
        "subscription 560698 person/update -> https://my-app.example/hooks/copper (secret key=***)",
        "  made TIME",
        "  #1 person/update [17, 18] for subscription 560698: waits, due TIME",
        "  1 change of this topic came before the subscription was made",
    ]


def test_a_change(server: Process) -> None:
    assert invoke("why", "change", "1", server=server.url)[1].splitlines()[1] == (
        "  nobody was notified: no subscription to person/update"
    )


def test_json_has_each_decision_step_by_step(server: Process) -> None:
    told = json.loads(invoke("why", "change", "2", "--json", server=server.url)[1])

    [trace] = told["traces"]
    [notification] = trace["notifications"]
    assert (trace["change"], trace["subscription"], trace["decision"]) == (2, 560698, "notified")
    assert [step["what"] for step in notification["steps"]] == ["due", "waits"]
    assert notification["steps"][0]["text"] == "due 10m after the change (latency 10m)"


def test_what_did_not_get_through_ends_with_what_to_do() -> None:
    with started("serve", "--port", "0") as server:
        subscribe(server.url, "person", "update")
        invoke("fire", "person.update", "--id", "17", server=server.url)
        _, out, _ = invoke("why", "person", "17", server=server.url)

    assert out.splitlines()[-1] == (
        "Send it to your app with copper-emulator routes https://my-app.example=http://127.0.0.1:5000; "
        "to really send to that host: copper-emulator settings --set allow_targets=my-app.example."
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("subscription",), "say which subscription, like why subscription 560698"),
        (("94808711",), "say what 94808711 is the id of, like why person 94808711 or why subscription 94808711"),
        (
            ("persn", "17"),
            "there is no type 'persn'; did you mean 'person'? The types are lead, person, ",
        ),
        (("change",), "say which change, like why change 3"),
        (("contact", "5"), "there is no type 'contact'; did you mean 'person'? The types are lead, person"),
        (("person", "x"), "'x' is not a whole number"),
    ],
)
def test_what_cannot_be_asked_about_is_one_line_and_exit_code_2(
    server: Process, arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = invoke("why", *arguments, server=server.url)

    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("subscription", "5"), "there never was a subscription 5 in this account"),
        (("change", "9"), "there is no change 9 in this account. The changes are numbered 1 to 2."),
    ],
)
def test_what_never_was_is_one_line_and_exit_code_1(server: Process, arguments: tuple[str, ...], said: str) -> None:
    code, out, err = invoke("why", *arguments, server=server.url)

    assert (code, out, err) == (1, "", f"copper-emulator: {said}\n")


def test_of_many_changes_the_newest_are_told(server: Process) -> None:
    code, out, _ = invoke("why", "--limit", "1", server=server.url)

    assert code == 0
    assert plain(out).splitlines()[:2] == [
        "... 1 earlier change left out; --limit shows more ...",
        "TIME  person/update [17, 18] (fired by hand)",
    ]
