"""What was done in an account, as a scenario that does it again."""
