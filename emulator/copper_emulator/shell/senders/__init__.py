"""One sender for each kind of destination. Whatever happens to a delivery becomes a Result, not an exception."""
