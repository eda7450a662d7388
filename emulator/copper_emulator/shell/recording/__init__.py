"""Recording what is done in an account, as a scenario that repeats it."""
