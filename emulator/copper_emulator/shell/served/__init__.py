"""The accounts of the standalone server: what they are made from, their life, and the scenarios they play."""
