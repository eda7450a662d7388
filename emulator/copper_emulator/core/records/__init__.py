"""The records that the ids in notifications refer to."""
