"""A server with a state file is killed at any moment, again and again; nothing is lost, and nothing is sent twice.

`python -m tests.crash 200` does it two hundred times, `--seed N` at other moments.
"""
