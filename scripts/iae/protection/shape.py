"""The cells of one month and the sums that bind them: territories by components."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Grid = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """A table of territories by components, inner cells and all their sums.

    `parents` gives the territory that each is added to, if any; `scopes` the types that each adds
    up. A grid of a shape is an array of (territory, component), with sums after what they sum.
    """

    parents: Mapping[str, str | None]
    types: tuple[str, ...]
    scopes: Mapping[str, Sequence[str]]

    @cached_property
    def inner_territories(self) -> list[str]:
        """Territories that are no sum, sorted."""
        return sorted(set(self.parents) - set(self.parents.values()))

    @cached_property
    def territories(self) -> list[str]:
        """Inner territories, then sums, each after those that it adds up."""
        return self.inner_territories + sorted(
            (name for name in self.parents if name not in set(self.inner_territories)),
            key=lambda name: (-len(self._above(name)), name),
        )

    @cached_property
    def components(self) -> list[str]:
        """Types, then scopes."""
        return [*self.types, *self.scopes]

    @cached_property
    def territory_sums(self) -> Grid:
        """1 where a territory (row) adds up an inner territory (column)."""
        place = {name: row for row, name in enumerate(self.territories)}
        sums = np.zeros((len(self.territories), len(self.inner_territories)), np.int64)
        for column, name in enumerate(self.inner_territories):
            sums[[column, *(place[above] for above in self._above(name))], column] = 1
        return sums

    @cached_property
    def component_sums(self) -> Grid:
        """1 where a component (column) adds up a type (row)."""
        scopes = [[name in members for members in self.scopes.values()] for name in self.types]
        return np.hstack(
            [
                np.eye(len(self.types), dtype=np.int64),
                np.array(scopes, np.int64).reshape(len(self.types), len(self.scopes)),
            ]
        )

    @cached_property
    def equations(self) -> list[tuple[int, list[int]]]:
        """Each sum with the cells that it is the sum of, as places in the flattened grid.

        A sum of territories is that of the territories below it; a scope of an inner territory is
        that of its types. All other sums follow from these.
        """
        place = {name: row for row, name in enumerate(self.territories)}
        width = len(self.components)
        below: dict[int, list[int]] = {}
        for name, above in self.parents.items():
            if above is not None:
                below.setdefault(place[above], []).append(place[name])
        equations = [
            (row * width + column, [child * width + column for child in children])
            for row, children in sorted(below.items())
            for column in range(width)
        ]
        for row in range(len(self.inner_territories)):
            for column in range(len(self.types), width):
                members = np.flatnonzero(self.component_sums[:, column])
                equations.append((row * width + column, [row * width + int(t) for t in members]))
        return equations

    def summed(self, inner: Grid) -> Grid:
        """Return the grid of a table of inner territories by types."""
        return self.territory_sums @ inner @ self.component_sums

    def inner(self, grid: Grid) -> Grid:
        """Return the inner cells of a grid."""
        return grid[: len(self.inner_territories), : len(self.types)]

    def is_additive(self, grid: Grid) -> bool:
        """Say whether every sum of a grid is the sum of its cells."""
        return bool((self.summed(self.inner(grid)) == grid).all())

    def _above(self, name: str) -> list[str]:
        above, found = self.parents[name], []
        while above is not None:
            found.append(above)
            above = self.parents[above]
        return found
