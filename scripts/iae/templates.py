"""Templates of what is written for readers: every value is escaped, and none may be missing."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, StrictUndefined, Template


def template(text: str, **filters: Callable[..., Any]) -> Template:
    """Return the template of a page or a feed, with filters of its own."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= filters
    return environment.from_string(text)
