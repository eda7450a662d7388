"""Lines that are printed without waiting for their reader."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from copper_emulator.cli.lines import Lines

PATIENCE = 60.0


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for fd in (reader, writer):
        try:
            os.close(fd)
        except OSError:
            continue


def lines_to(fd: int, *, most: int = 1000, encoding: str = "utf-8") -> Lines:
    return Lines(fd, encoding=encoding, most=most, left_out=lambda lost: f"({lost} left out)\n")


def rest_of(reader: int, writer: int) -> str:
    os.close(writer)
    with open(reader, encoding="utf-8", closefd=False) as file:
        return file.read()


def test_what_is_written_arrives_in_order(pipe: tuple[int, int]) -> None:
    lines = lines_to(pipe[1])
    for number in range(100):
        lines.write(f"{number}\n")
    lines.close(PATIENCE)

    assert rest_of(*pipe).split() == [str(number) for number in range(100)]


def test_long_texts_among_short_ones_arrive_whole(pipe: tuple[int, int]) -> None:
    lines = lines_to(pipe[1])
    written = [
        letter * length + "\n" for letter, length in zip("abcdefgh", (1, 9_000, 2, 3, 4_095, 1, 5_000, 1), strict=True)
    ]
    for text in written:
        lines.write(text)
    lines.close(PATIENCE)

    assert rest_of(*pipe) == "".join(written)


def test_what_nobody_reads_in_time_is_left_out_and_counted_where_it_is_missing(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    lines = lines_to(writer, most=3)
    # Each is more than a pipe holds: one is being passed on, at most three are kept.
    for letter in "abcdefghij":
        lines.write(letter * 1_500_000 + "\n")
    got = b""
    while b"b" not in got:
        got += os.read(reader, 65536)
    # There is room again, but the missing lines have not been reported yet.
    lines.write("too early\n")
    while not got.endswith(b"left out)\n"):
        got += os.read(reader, 65536)
    lines.write("after\n")
    lines.close(PATIENCE)

    *kept, told = got.decode().splitlines()
    assert "".join(line[0] for line in kept) in ("abc", "abcd")
    assert told == f"({11 - len(kept)} left out)"
    assert rest_of(reader, writer) == "after\n"


def test_of_several_lines_at_once_those_are_left_out_for_which_there_is_no_room(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    lines = lines_to(writer, most=3)
    # More than a pipe holds, so that it is still being passed on when the others come.
    lines.write("a" * 1_500_000 + "\n")
    got = os.read(reader, 1)
    lines.writelines(["b\n", "c\n", "d\n", "e\n", "f\n"])
    while b"left out)\n" not in got:
        got += os.read(reader, 65536)
    lines.close(PATIENCE)

    assert got.decode().split()[1:] == ["b", "c", "d", "(2", "left", "out)"]


def test_the_end_does_not_wait_for_ever_for_a_reader(pipe: tuple[int, int]) -> None:
    lines = lines_to(pipe[1])
    lines.write("x" * 1_000_000 + "\n")
    lines.write("last\n")

    lines.close(0.0)

    assert "copper-emulator log" not in [thread.name for thread in threading.enumerate()]
    assert "last" not in rest_of(*pipe)


def test_a_reader_that_has_gone_disturbs_nothing(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    lines = lines_to(writer)
    os.close(reader)
    for _ in range(100):
        lines.write("x\n")

    lines.close(PATIENCE)


def test_what_the_encoding_does_not_have_is_written_as_escapes(pipe: tuple[int, int]) -> None:
    lines = lines_to(pipe[1], encoding="ascii")
    lines.write("zoë\n")
    lines.close(PATIENCE)

    assert rest_of(*pipe) == "zo\\xeb\n"
