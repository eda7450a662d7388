"""How fast is the emulator compared with what one would use instead, and what does having it installed cost?

`python -m benchmarks` runs the rigs in this folder one after another, each in its own process, and prints one
Markdown table; `--write` puts it into docs/performance.md. A rig is a module with `rows(*, quick: bool)`, which
yields rows as it measures them; its docstring says what exactly is measured, on which bytes, and what is held equal.

The emulator and its peers are measured in one run, in turn, and the median of each is taken: ratios carry over from
machine to machine, absolute figures do not.
"""
