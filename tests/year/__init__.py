"""A year in the life of an operator: a delivery each Monday, and everything that goes wrong."""
