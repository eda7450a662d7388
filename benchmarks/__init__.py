"""How fast is the emulator beside what one would use instead, and what does it cost to have it?

`python -m benchmarks` runs the rigs of this folder one after another, each in a process of its own, and prints one
table in Markdown; `--write` puts it into docs/performance.md. A rig is a module with `rows(*, quick: bool)`, which
gives rows as it measures them; its docstring says what exactly is measured, on which bytes, and what is held equal.

Ours and what stands beside it are measured in one run, in turn, and the median of each is taken: ratios travel from
machine to machine, absolute figures do not.
"""
