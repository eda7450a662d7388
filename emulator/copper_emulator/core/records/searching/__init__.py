"""Searches: what can be filtered and sorted by, and finding it quickly."""
