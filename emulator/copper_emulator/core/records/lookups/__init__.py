"""The lookup tables, to which records refer: their definitions, and the tables of an account."""
