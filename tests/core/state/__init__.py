"""Accounts that are stored, and go on elsewhere."""
