"""A report as a single HTML file: no script, no network, readable by eye and by screen reader."""

from __future__ import annotations

from html import escape

from copper_emulator.checks.report import Report, RowReport

_STYLE = """
:root { color-scheme: light dark }
:root { --line: #c4c4c4; --passed: #14622d; --failed: #a11212; --warned: #7a4b00; --skipped: #555 }
@media (prefers-color-scheme: dark) {
  :root { --line: #555; --passed: #7fd698; --failed: #ff9b9b; --warned: #f0c274; --skipped: #bbb }
}
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }
/* The target, the evidence and what was printed may have words longer than a line. */
h1, p, tbody th, td, li { overflow-wrap: anywhere }
h1 { font-size: 1.5rem; line-height: 1.3 }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; font-weight: 600; padding-bottom: .5rem }
th, td { border-top: 1px solid var(--line); padding: .5rem; text-align: left; vertical-align: top }
thead th { border-top: 0 }
thead th, td.verdict { white-space: nowrap }
tbody th { font-weight: 600; min-width: 12rem }
td small { display: block; opacity: .8 }
.passed { color: var(--passed) } .warned { color: var(--warned) } .skipped { color: var(--skipped) }
.failed { color: var(--failed); font-weight: 700 }
pre { margin: .5rem 0 0; white-space: pre-wrap }
p.advice { margin: .25rem 0 0 }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%) } tr { display: block; border-top: 1px solid var(--line) }
  th, td { display: block; border: 0; padding: 0 0 .25rem }
  h1 { font-size: 1.25rem }
  tr { padding: .5rem 0 } tbody th { min-width: 0 } tbody th, td.verdict { display: inline-block; padding-right: 1rem }
}
"""


def page(report: Report) -> str:
    """The whole document."""
    came_of_it = "passed" if report.ok else "failed" if report.played else "nothing was checked"
    title = f"Check of {escape(report.target)}: {came_of_it}"
    cause = f"<p><strong>{escape(report.cause)}</strong></p>\n" if report.cause else ""
    notes = "".join(f"<li>{escape(note)}</li>\n" for note in report.notes)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{escape(report.summary)}, in {report.seconds:.1f} seconds.</p>
{cause}<table>
<caption>What was tried, and the result</caption>
<thead><tr><th scope="col">Row</th><th scope="col">Verdict</th><th scope="col">Evidence and advice</th></tr></thead>
<tbody>
{"".join(map(_row, report.rows))}</tbody>
</table>
{f"<h2>Notes</h2>{chr(10)}<ul>{chr(10)}{notes}</ul>" if notes else ""}
</main>
</body>
</html>
"""


def _row(row: RowReport) -> str:
    advice = f'<p class="advice"><strong>Advice:</strong> {escape(row.advice)}</p>' if row.advice else ""
    printed = f"<pre>{escape(chr(10).join(row.printed))}</pre>" if row.printed else ""
    return (
        f'<tr><th scope="row">{escape(row.name)}</th><td class="verdict {row.verdict}">{row.verdict}</td>'
        f"<td><small>{escape(row.about)}</small>{escape(row.evidence)}{advice}{printed}</td></tr>\n"
    )
