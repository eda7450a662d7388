"""The standalone server, and what starts it."""
