"""Did everything go right in a test that passed, and what does a failed test's report say about its accounts?

The verdict is an AssertionError raised at the end of the call phase, so that every kind of test and plugin sees the
test itself fail, and `xfail(raises=...)` works. Its traceback would only show this plugin, so the report has the text
alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_copper import layers
from pytest_copper.accounts import ACCOUNTS, OpenAccount

_RAISED = pytest.StashKey[AssertionError]()


def judge(item: pytest.Item) -> None:
    """Raise VerdictError if something went wrong in an account that the test did not expect."""
    __tracebackhide__ = True
    news = item.config.stash[ACCOUNTS].news()
    if not news:
        return
    from copper_emulator.verdict import VerdictError

    error = VerdictError("\n".join(news))
    item.stash[_RAISED] = error
    raise error


def pass_over(item: pytest.Item, error: BaseException) -> None:
    """Pass over the verdict of a test that itself failed: its report has it, and no later test may be blamed for it."""
    accounts = item.config.stash[ACCOUNTS]
    accounts.news()
    present = accounts.present()
    if len(present) > 1 and isinstance(error, AssertionError):
        from pytest_copper import two_accounts

        two_accounts.advise(present, error)


def tell(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Complete the report of one phase: a verdict's text without traceback, and a failed test's accounts."""
    failure = call.excinfo
    if failure is not None and failure.value is item.stash.get(_RAISED, None):
        del item.stash[_RAISED]
        # Notes, such as Hypothesis' falsifying example, appear only in pytest's own text.
        if not getattr(failure.value, "__notes__", None) and not item.config.getoption("fulltrace"):
            report.longrepr = _text_alone(failure, item)
    if report.failed:
        failure_text = str(failure.value) if failure is not None else ""
        accounts = item.config.stash[ACCOUNTS].present()
        text = "\n\n".join(_account_section(item, account, failure_text) for account in accounts)
        if text:
            report.sections.append(("copper", text))


def _text_alone(excinfo: pytest.ExceptionInfo[BaseException], item: pytest.Item) -> Any:
    report: Any = excinfo.getrepr(style="value", chain=False)
    if report.reprcrash is not None:
        # For the summary line and `--tb=line`: the test, not the place in pytest that called the hook.
        path, line, _ = item.location
        report.reprcrash = replace(report.reprcrash, path=path, lineno=(line or 0) + 1, message=str(excinfo.value))
        # xdist sends the chain.
        report.chain = [(report.reprtraceback, report.reprcrash, None)]
    return report


def _account_section(item: pytest.Item, account: OpenAccount, failure_text: str) -> str:
    face = account.face
    lines = [f"{account.name} ({layers.describe(face.settings)})", face.timeline]
    verdict = face.verdict()
    # If the test itself failed, this may well be the reason.
    if verdict and verdict not in failure_text:
        lines.append(face.verdict(said=failure_text))
    seed = face.drawn_from
    if seed is not None and layers.is_chosen(item.config, seed):
        lines.append(f"drawn from seed {seed}; to repeat: {layers.replay(item, seed)}")
    return "\n".join(lines)
