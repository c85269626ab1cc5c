"""The catalogue: every table and column, for analysts."""
