"""The catalogue: every table and column, for analysts."""

from iae.catalogue.build import write_catalogue

__all__ = ["write_catalogue"]
