"""What an attacker can still know of one month: the values that fit everything that is published.

The attacker knows the rounded grid, that the exact one is additive, that no cell is a base or more
away from its rounding, and the exact totals that the administration published. A cell of 1 to
base - 1 people is safe when the values that fit are base - 1 apart at least: a rounding to 0 says
"0 to 4" and nothing more.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iae.protection.rounding import programme, solved
from iae.protection.shape import Grid, Shape

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Attack:
    """How many cells are sensitive, how many needed the solver, and which are too narrow."""

    nb_sensitive: int
    nb_solved: int
    narrow: list[tuple[int, int]]


def attack(
    shape: Shape,
    exact: Grid,
    rounded: Grid,
    base: int,
    known: Mask | None = None,
    *,
    solver_only: bool = False,
) -> Attack:
    """Look for sensitive cells whose values are confined to less than base - 1.

    `known` marks the cells that are public exactly: a cell that these confine alone need not be
    wider. `solver_only` asks the solver for every cell.
    """
    sensitive = (exact > 0) & (exact < base)
    if known is None:
        known = np.zeros(exact.shape, bool)
    places = [(int(row), int(column)) for row, column in zip(*np.nonzero(sensitive), strict=True)]
    # The exact table must be among those that fit, even where a sum is not beside its multiple.
    slack = np.maximum(base - 1, abs(rounded - exact))
    lower = np.where(known, exact, np.maximum(rounded - slack, 0))
    upper = np.where(known, exact, rounded + slack)
    if solver_only:
        open_places = places
    elif not known.any() and shape.is_additive(rounded) and (rounded >= 0).all():
        # The rounded table itself fits. One cell more by base - 1, or less as far as 0, moves it
        # and the sums above it by as much, which fits too: every cell is as wide as it can be.
        open_places = []
    else:
        widths = _exchange_widths(shape, exact, lower, upper)
        open_places = [place for place in places if widths[place] < base - 1]
    narrow = []
    if open_places:
        fitting = _Polytope(shape, lower, upper)
        # What fits the public totals alone, without anything of ours.
        public = _Polytope(shape, np.where(known, exact, 0), np.where(known, exact, exact.max()))
        for place in open_places:
            width = fitting.width(place)
            if width < base - 1 and (width < 0 or width < public.width(place)):
                narrow.append(place)
    return Attack(len(places), len(open_places), narrow)


def _exchange_widths(shape: Shape, exact: Grid, lower: Grid, upper: Grid) -> Grid:
    """Return a width that each inner cell reaches by exchanges that leave all sums as they are.

    One person more in a cell, one less of another type in the same territory, and the reverse in
    another territory of the same region: tables that fit, found without a solver. 0 for sums.
    """
    nb_types = len(shape.types)
    more = shape.inner(upper - exact)
    less = shape.inner(exact - lower)
    scopes = shape.component_sums[:, nb_types:]
    above = [shape.parents[name] for name in shape.inner_territories]
    widths = np.zeros(exact.shape, np.int64)
    if (more < 0).any() or (less < 0).any():
        return widths
    for region in dict.fromkeys(above):
        rows = np.array([row for row, name in enumerate(above) if name == region])
        for column in range(nb_types):
            peers = [
                other
                for other in range(nb_types)
                if other != column and (scopes[other] == scopes[column]).all()
            ]
            up = np.zeros(len(rows), np.int64)
            down = np.zeros(len(rows), np.int64)
            for peer in peers:
                # Room of (row, other row) for the type and against it.
                gain = np.minimum(more[rows, column], less[rows, peer])
                loss = np.minimum(less[rows, column], more[rows, peer])
                up = np.maximum(up, np.minimum(gain, _best_of_the_others(loss)))
                down = np.maximum(down, np.minimum(loss, _best_of_the_others(gain)))
            widths[rows, column] = up + down
    return widths


def _best_of_the_others(values: Grid) -> Grid:
    """Return for each place the largest of the values elsewhere, 0 where there is none."""
    if len(values) < 2:
        return np.zeros_like(values)
    order = np.argsort(values)
    best = np.full(len(values), values[order[-1]])
    best[order[-1]] = values[order[-2]]
    return best


class _Polytope:
    """The tables that fit, for the solver."""

    def __init__(self, shape: Shape, lower: Grid, upper: Grid) -> None:
        self._width = lower.shape[1]
        starts, columns, values = [0], [], []
        for total, cells in shape.equations:
            columns += [total, *cells]
            values += [1.0] + [-1.0] * len(cells)
            starts.append(len(columns))
        self._solver = programme(
            np.zeros(lower.size),
            lower.reshape(-1).astype(float),
            upper.reshape(-1).astype(float),
            np.zeros(len(shape.equations)),
            *(starts, columns, values),
        )

    def width(self, place: tuple[int, int]) -> int:
        """Return largest minus smallest value of a cell, -1 where no table fits."""
        cell = place[0] * self._width + place[1]
        ends = []
        for sign in (1.0, -1.0):
            # The solver starts from the table where it ended last: most ends are near.
            self._solver.changeColCost(cell, sign)
            solution = solved(self._solver)
            self._solver.changeColCost(cell, 0.0)
            if solution is None:
                return -1
            ends.append(float(solution[cell]))
        return int(np.floor(ends[1] + 1e-6) - np.ceil(ends[0] - 1e-6))
