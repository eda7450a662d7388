"""Tracebacks of endpoints: people's own frames are shown, those of libraries are counted."""

from __future__ import annotations

from copper_emulator.tracebacks import brief, contains

HEAD = "Traceback (most recent call last):\n"
OWN = '  File "/home/ada/billing.py", line 7, in hook\n    return bill(request)\n           ^^^^^^^^^^^^^\n'
FLASK = '  File "/home/ada/.venv/lib/python3.13/site-packages/flask/app.py", line 873, in full\n    rv = self.run()\n'
WINDOWS = '  File "C:\\ada\\Lib\\site-packages\\flask\\app.py", line 80, in run\n    return view()\n'
PYTHON = '  File "/usr/lib/python3.11/urllib/request.py", line 216, in urlopen\n    return opener.open(url)\n'
END = "KeyError: 'customer'"


def test_frames_of_libraries_are_counted() -> None:
    assert brief(HEAD + FLASK + WINDOWS + OWN + PYTHON + FLASK + END) == (
        f"{HEAD}  ... 2 frames of libraries left out ...\n{OWN}  ... 2 frames of libraries left out ...\n{END}"
    )


def test_an_endpoint_that_is_installed_itself_is_shown_whole() -> None:
    assert brief(HEAD + FLASK + WINDOWS + END) == HEAD + FLASK + WINDOWS + END


def test_what_has_no_frames_is_left_as_it_is() -> None:
    assert brief("") == ""
    assert brief(END) == END


def test_a_traceback_contains_however_it_is_indented() -> None:
    said = "\n".join(f"E         {line}" for line in (HEAD + OWN + END).splitlines())

    assert contains(said.replace("E  ", "   "), HEAD + OWN + END)
    assert not contains("Expected person/new, but it failed.", HEAD + OWN + END)
