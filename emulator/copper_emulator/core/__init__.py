"""The rules of Copper's webhooks, pure: no await, no clock, no randomness of its own, no files, no threads.

Time is passed in (`now`, integer milliseconds since the Unix epoch, UTC); what is to be sent is returned as values.
`account.py` is the path of one event from top to bottom; every other module is one step of it.
"""
