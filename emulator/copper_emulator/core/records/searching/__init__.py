"""Searches: what records can be filtered and sorted by, and how matches are found quickly."""
