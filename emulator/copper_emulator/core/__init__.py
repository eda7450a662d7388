"""The rules of Copper's webhooks, pure: no await, no clock, no randomness of its own, no files, no threads.

Time comes in as an argument (`now`, integer milliseconds since the Unix epoch, UTC); what is to be sent comes out as
values. `account.py` is the path of one event from top to bottom; every other module is one step of it.
"""
