"""`python -m iae` is `iae`."""

from iae.cli import app

app()
