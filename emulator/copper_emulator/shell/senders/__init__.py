"""One sender for each kind of destination. Whatever happens becomes a Result, never an exception."""
