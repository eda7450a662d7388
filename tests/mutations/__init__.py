"""The core with one small mistake in it, many times over. The tests beside it show that each is caught."""
