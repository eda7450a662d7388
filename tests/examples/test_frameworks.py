"""The examples for web frameworks work with nothing from this repository but the built wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.examples.installation import EXAMPLES, FRAMEWORKS, build_wheel, environment, interpreter, put

fcntl = pytest.importorskip("fcntl", reason="the workers of a run wait for each other by locks of files")

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not part of an installed copy")

LEFT_BEHIND = shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.sqlite", "*.db")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock out the other workers of pytest-xdist."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder shared by all workers of this run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "examples"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def python(shared: Path) -> Callable[[str], Path]:
    """The interpreter of an example's environment, with the wheel of the current source installed."""

    def of(name: str) -> Path:
        folder = environment(name).needed()
        with locked(shared / "lock"):
            [wheel] = list(shared.glob("*.whl")) or [build_wheel(shared)]
            done = shared / f"{name}-has-the-wheel"
            if not done.exists():
                put(wheel, folder)
                done.touch()
        return interpreter(folder)

    return of


def outcome_of(project: Path, python: Path) -> tuple[list[str], str]:
    """Run a project's tests as its README says; return the failed ones, and the output."""
    # pytest's own variables, and those of coverage measurement, would otherwise reach the inner run.
    environ = {
        name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "COVERAGE_", "PYTHON"))
    }
    done = subprocess.run(
        [str(python), "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"],
        cwd=project,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    failed = re.findall(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE)
    assert (done.returncode == 1) == bool(failed), done.stdout + done.stderr
    return failed, done.stdout + done.stderr


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_its_suite_passes_where_only_the_wheel_and_its_requirements_are(
    name: str, python: Callable[[str], Path], tmp_path: Path
) -> None:
    project = tmp_path / name
    shutil.copytree(EXAMPLES / name, project, ignore=LEFT_BEHIND)

    failed, output = outcome_of(project, python(name))

    assert failed == [], output
    assert re.search(r"\b(9|\d\d) passed", output), output


@pytest.mark.parametrize(
    ("name", "file", "right", "wrong", "failing"),
    [
        pytest.param(
            "flask",
            "mirror.py",
            "max(since - OVERLAP, 0)",
            "since",
            {"test_a_record_that_searches_see_late_is_found_by_the_next_run"},
            id="flask: the job does not look back",
        ),
        pytest.param(
            "flask",
            "copper_client.py",
            "            number += 1",
            "            return",
            {"test_one_run_repairs_what_an_outage_has_lost", "test_a_change_between_two_pages_hides_nobody"},
            id="flask: the job asks for one page",
        ),
        pytest.param(
            "flask",
            "mirror.py",
            "                news = True",
            "                news = False",
            {"test_a_change_between_two_pages_hides_nobody"},
            id="flask: the job reads once",
        ),
        pytest.param(
            "flask",
            "mirror.py",
            "                look_after(person_id, people, client)\n    people.saw",
            "                people.forget(person_id)\n    people.saw",
            {"test_nobody_is_forgotten_because_a_search_is_late"},
            id="flask: the job believes the search",
        ),
        pytest.param(
            "django",
            "deals/sync.py",
            'Deal.objects.filter(pk=note["copper_id"]).delete()',
            "pass",
            {
                "test_a_deal_is_known_and_followed_until_it_is_deleted",
                "test_what_notifications_have_missed_is_found_by_reconciling",
            },
            id="django: what is gone is kept",
        ),
        pytest.param(
            "django",
            "deals/views.py",
            "status=401",
            "status=204",
            {"test_a_forged_notification_changes_nothing"},
            id="django: a forgery is answered as if it were right",
        ),
        pytest.param(
            "fastapi",
            "directory.py",
            "            self.note(ids)\n            raise",
            "            raise",
            {"test_what_copper_is_too_busy_for_is_fetched_later"},
            id="fastapi: what could not be fetched is forgotten",
        ),
        pytest.param(
            "fastapi",
            "directory.py",
            "companies.note(notification.ids)",
            "companies.note(notification.ids[:1])",
            {
                "test_a_burst_of_thirty_is_one_notification",
                "test_what_copper_is_too_busy_for_is_fetched_later",
                "test_what_notifications_have_missed_is_found_by_reconciling",
            },
            id="fastapi: only the first id is handled",
        ),
        pytest.param(
            "aiohttp",
            "board.py",
            "        for task_id in self.tasks.keys() - seen:\n            await self._look_after(task_id, copper)\n",
            "",
            {"test_what_notifications_have_missed_is_found_by_reconciling"},
            id="aiohttp: the job does not look for what was deleted",
        ),
        pytest.param(
            "aiohttp",
            "board.py",
            "            self.tasks.pop(task_id, None)",
            "            pass",
            {
                "test_a_task_is_known_and_followed_until_it_is_deleted",
                "test_what_notifications_have_missed_is_found_by_reconciling",
            },
            id="aiohttp: what is gone is kept",
        ),
    ],
)
def test_its_suite_sees_its_faults(
    name: str, file: str, right: str, wrong: str, failing: set[str], python: Callable[[str], Path], tmp_path: Path
) -> None:
    """A suite that passes whatever is wrong would be no example: the tests that are about the bug fail."""
    project = tmp_path / name
    shutil.copytree(EXAMPLES / name, project, ignore=LEFT_BEHIND)
    text = (project / file).read_text(encoding="utf-8")
    assert right in text
    (project / file).write_text(text.replace(right, wrong), encoding="utf-8")

    failed, output = outcome_of(project, python(name))

    assert set(failed) == failing, output
