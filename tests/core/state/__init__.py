"""Accounts that are written down, and go on elsewhere."""
