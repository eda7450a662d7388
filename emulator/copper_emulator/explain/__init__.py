"""Why did an endpoint (not) get something? Answered from the journal, in the same words everywhere."""

from copper_emulator.explain.explanation import (
    Explanation,
    explain_change,
    explain_delivery,
    explain_records,
    explain_subscription,
    lines_of,
    refusals,
    traces_of,
)
from copper_emulator.explain.lives import Decision
from copper_emulator.explain.stories import Step, What, answer_of, is_page_of_exception, masked_headers, story
from copper_emulator.explain.traces import Passage, Trace

__all__ = [
    "Decision",
    "Explanation",
    "Passage",
    "Step",
    "Trace",
    "What",
    "answer_of",
    "explain_change",
    "explain_delivery",
    "explain_records",
    "explain_subscription",
    "is_page_of_exception",
    "lines_of",
    "masked_headers",
    "refusals",
    "story",
    "traces_of",
]
