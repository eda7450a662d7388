"""Lines that are printed without waiting for their reader."""

from __future__ import annotations

import os
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


def test_what_nobody_reads_in_time_is_left_out_and_counted_where_it_is_missing(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    lines = lines_to(writer, most=3)
    # More than a pipe holds, so that what comes after it has to be kept.
    lines.write("x" * 1_000_000 + "\n")
    for number in range(10):
        lines.write(f"{number}\n")
    got = b""
    while not got.endswith(b"left out)\n"):
        got += os.read(reader, 65536)
    lines.write("after\n")
    lines.close(PATIENCE)

    kept = got.decode().splitlines()[1:]
    lost = 10 - (len(kept) - 1)
    # The first of them is kept or not by whether the long one was being passed on already.
    assert kept == [*(str(number) for number in range(10 - lost)), f"({lost} left out)"]
    assert lost in (7, 8)
    assert rest_of(reader, writer) == "after\n"


def test_the_end_does_not_wait_for_ever_for_a_reader(pipe: tuple[int, int]) -> None:
    lines = lines_to(pipe[1])
    lines.write("x" * 1_000_000 + "\n")
    lines.write("last\n")

    lines.close(0.0)

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
