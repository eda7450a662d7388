"""Which lines that a command prints are shown where a row has failed."""

from __future__ import annotations

from typing import IO

import pytest

from copper_emulator.cli.check_printed import KeptBack, kept_back


def printing(file: IO[bytes], text: str) -> None:
    file.write(text.encode())


def taken(text: str) -> list[str]:
    with kept_back() as kept:
        printing(kept.to, text)
        return kept.taken(late=False)


@pytest.mark.parametrize(
    "line",
    [
        '127.0.0.1 - - [27/Nov/2026 14:33:43] "POST /hook HTTP/1.1" 500 -',
        'INFO:     127.0.0.1:35674 - "POST /hook HTTP/1.1" 422 Unprocessable Entity',
        "POST /hook 200 1.234 ms - 2",
        'HTTP Request: GET http://127.0.0.1:2929/developer_api/v1/people/1 "HTTP/1.1 200 OK"',
        "",
    ],
)
def test_the_log_of_requests_is_left_out(line: str) -> None:
    assert taken(f"{line}\nKeyError: 'name'\n") == ["KeyError: 'name'"]


@pytest.mark.parametrize(
    "line",
    [
        "POST /hook failed: expected 200",
        'HTTP Request: GET http://127.0.0.1:2929/developer_api/v1/people/1 "HTTP/1.1 429 Too Many Requests"',
        "  indented",
    ],
)
def test_what_may_explain_a_failure_is_not(line: str) -> None:
    assert taken(f"{line}\n") == [line]


def test_colours_are_left_out_and_other_control_characters_made_visible() -> None:
    assert taken("\x1b[31mred\x1b[0m\x07\n") == ["red\\x07"]


def test_of_many_lines_the_last_are_shown_and_of_a_long_one_the_beginning() -> None:
    lines = taken("".join(f"{number}\n" for number in range(100_000)) + "x" * 10_000)

    assert lines[:-1] == [str(number) for number in range(99_986, 100_000)]
    assert lines[-1] == "x" * 300


def test_each_line_is_taken_once() -> None:
    def ask(kept: KeptBack) -> list[str]:
        return kept.taken(late=False)

    with kept_back() as kept:
        printing(kept.to, "one\n")
        assert ask(kept) == ["one"]
        assert ask(kept) == []
        printing(kept.to, "two\n")
        assert ask(kept) == ["two"]


def test_of_a_traceback_the_services_own_frames_are_shown() -> None:
    own = '  File "/home/ada/billing.py", line 7, in hook\n    fetch(person)\n'
    python = '  File "/usr/lib/python3.11/urllib/request.py", line 216, in urlopen\n    return opener.open(url)\n'
    lines = taken(
        f"Traceback (most recent call last):\n{own}{python * 12}urllib.error.HTTPError: HTTP Error 404: Not Found\n"
    )

    assert lines == [
        "Traceback (most recent call last):",
        *own.splitlines(),
        "  ... 12 frames of libraries left out ...",
        "urllib.error.HTTPError: HTTP Error 404: Not Found",
    ]
