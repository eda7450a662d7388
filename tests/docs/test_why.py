"""The messages in the documents are those that the emulator prints, and every decision and step is listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from copper_emulator.explain import Decision, What
from tests import test_messages
from tests.docs.test_documents import DOCUMENTS, ROOT, rows


def quoted() -> list[tuple[str, str, str]]:
    """Document, test and text of every message that a document shows."""
    form = re.compile(r"<!-- said in (test_\d\d) -->\n\n```text\n(.*?)\n```", re.DOTALL)
    return [(path.name, name, text) for path in DOCUMENTS for name, text in form.findall(path.read_text())]


def said_in(name: str) -> list[str]:
    """The messages that the test of that number expects."""
    source = Path(test_messages.__file__).read_text().split(f"def {name}_")[1].split("\ndef ")[0]
    return [test_messages.written(text) for text in re.findall(r'r"""(.*?)"""', source, re.DOTALL)]


@pytest.mark.parametrize(("document", "name", "text"), quoted())
def test_a_message_in_a_document_is_what_is_said(document: str, name: str, text: str) -> None:
    assert text in said_in(name)


def test_some_messages_are_shown() -> None:
    assert {document for document, _, _ in quoted()} == {"README.md", "why.md"}


def test_every_decision_and_every_step_is_listed() -> None:
    named = [row[0].strip("`") for row in rows((ROOT / "docs/why.md").read_text())]

    assert named == ["decision", *Decision, "step", *What]
