"""Additive controlled rounding of one month (docs/protection.md).

Each cell, inner or sum, goes to one of the two multiples of the base around it, so that every sum
still is the sum of its cells. Where nothing else decides, a cell goes up with the probability that
its distance gives; a cell that has not changed since the last edition stays as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from iae.errors import IaeError
from iae.protection.shape import Grid, Shape

# What it costs that a sum departs from its draw, beside an inner cell. A sum of many cells moves
# at the price of one of them: without a weight, the sums would follow their cells.
SUM_WEIGHT = 4.0
# What it costs to leave the rounding of the last edition: more than all draws. A cell of 1 to
# base - 1 people is held harder: who guesses that it has not changed would learn from its move.
HOLD, HOLD_SENSITIVE = 1e3, 1e4
# What it costs to round a sum to a multiple that is not beside it: the last resort.
RELAX = 1e7

Draws = npt.NDArray[np.float64]


class RoundingError(IaeError):
    """The month cannot be rounded."""

    # dbt shows the traceback of a Python model that fails: of this, the sentence is all.
    __traceback__ = None


@dataclass(frozen=True)
class Previous:
    """The last edition of a month: exact and rounded grids of the same shape; -1 for no cell."""

    exact: Grid
    rounded: Grid


def draw(name: str, salt: str) -> float:
    """Return a number between 0 and 1, the same for the same name and salt."""
    key = blake2b(salt.encode()).digest()
    # 56 bits; the half keeps 0 and 1 out.
    return (int.from_bytes(blake2b(name.encode(), key=key, digest_size=7).digest()) + 0.5) / 2.0**56


def draws(shape: Shape, month: str, salt: str, redraws: Mapping[str, int] | None = None) -> Draws:
    """Return a number between 0 and 1 for each cell: by month, cell, salt and number of redraws."""
    redraws = redraws or {}
    numbers = [
        draw(f"{month}|{territory}|{component}|{redraws.get(territory, 0)}", salt)
        for territory in shape.territories
        for component in shape.components
    ]
    return np.array(numbers).reshape(len(shape.territories), len(shape.components))


def is_kept(shape: Shape, exact: Grid, previous: Previous | None, base: int) -> bool:
    """Say whether the last edition's rounding of the month still holds, cell by cell."""
    return (
        previous is not None
        and bool((previous.exact == exact).all())
        and bool((previous.rounded % base == 0).all())
        and bool((abs(previous.rounded - exact) < base).all())
        and shape.is_additive(previous.rounded)
    )


def rounded(
    shape: Shape, exact: Grid, base: int, drawn: Draws, previous: Previous | None = None
) -> Grid:
    """Return the rounded grid of an additive one of people; raise RoundingError if none."""
    if base == 1:
        return exact.copy()
    fraction = exact % base
    is_open = fraction > 0
    # A cell that has no cell of its own is drawn once: two draws for one number would push it
    # away from its probability.
    odds = np.where(is_open, fraction / base, 0.5)
    costs = np.log(drawn / (1 - drawn)) - np.log(odds / (1 - odds))
    costs[len(shape.inner_territories) :, :] *= SUM_WEIGHT
    costs[: len(shape.inner_territories), len(shape.types) :] *= SUM_WEIGHT
    costs[~_first_of_their_kind(shape, is_open)] = 0
    if previous is not None:
        up = previous.rounded - (exact - fraction)
        is_held = (previous.exact == exact) & is_open & ((up == 0) | (up == base))
        hold = np.where(exact < base, HOLD_SENSITIVE, HOLD)
        costs = np.where(is_held, np.where(up == base, -hold, hold), costs)
    moves = _solved(shape, exact // base, costs, is_open)
    return (exact // base + moves) * base


def _first_of_their_kind(shape: Shape, is_open: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Mark one cell of those that add up the same open inner cells, the innermost one."""
    inner_open = shape.inner(is_open.astype(np.int64))
    keys = np.random.default_rng(0).integers(1, 2**40, inner_open.shape)
    grid = shape.summed(keys * inner_open)
    nb_inner = shape.summed(np.ones_like(inner_open))
    order = np.argsort(nb_inner, axis=None, kind="stable")
    _, first = np.unique(grid.reshape(-1)[order], return_index=True)
    is_first = np.zeros(grid.size, bool)
    is_first[order[first]] = True
    return is_first.reshape(grid.shape)


def _solved(shape: Shape, floors: Grid, costs: Draws, is_open: npt.NDArray[np.bool_]) -> Grid:
    """Return which cells go up, 0 or 1, at the least cost that keeps every sum.

    The linear programme nearly always ends on whole numbers; where it does not, they are asked
    for. Where two directions with sums of sums admit no such rounding (it can happen), as few
    sums as possible take the multiple after: the inner cells never do.
    """
    for integral, relaxed in ((False, False), (True, False), (True, True)):
        values = _optimum(shape, floors, costs, is_open, integral=integral, relaxed=relaxed)
        if values is None:
            continue
        whole = np.rint(values).astype(np.int64)
        if abs(values - whole).max(initial=0) < 1e-6 and shape.is_additive(floors + whole):
            return whole
    raise RoundingError("No rounding of the month keeps its sums: the solver found none.")


def _optimum(
    shape: Shape,
    floors: Grid,
    costs: Draws,
    is_open: npt.NDArray[np.bool_],
    *,
    integral: bool,
    relaxed: bool,
) -> Draws | None:
    size = floors.size
    is_inner = np.zeros(floors.shape, bool)
    is_inner[: len(shape.inner_territories), : len(shape.types)] = True
    sums = np.flatnonzero(~is_inner) if relaxed else np.empty(0, np.int64)
    flat = floors.reshape(-1)
    columns, values, starts, sides = [], [], [0], []
    beyond = {int(cell): size + 2 * rank for rank, cell in enumerate(sums)}
    for total, cells in shape.equations:
        # Only what is open moves; the rest is in the right-hand side.
        sides.append(float(flat[cells].sum() - flat[total]))
        for cell, sign in ((total, 1.0), *((cell, -1.0) for cell in cells)):
            columns.append(cell)
            values.append(sign)
            if cell in beyond:
                columns += [beyond[cell], beyond[cell] + 1]
                values += [sign, -sign]
        starts.append(len(columns))
    upper = np.concatenate([is_open.reshape(-1).astype(float), np.ones(2 * len(sums))])
    cost = np.concatenate([costs.reshape(-1), np.full(2 * len(sums), RELAX)])
    lower = np.zeros(len(cost))
    solver = programme(
        cost, lower, upper, np.array(sides), starts, columns, values, integral=integral
    )
    solution = solved(solver)
    if solution is None:
        return None
    moves = solution[:size].copy()
    moves[sums] += solution[size::2] - solution[size + 1 :: 2]
    return moves.reshape(floors.shape)


def programme(
    cost: Draws,
    lower: Draws,
    upper: Draws,
    sides: Draws,
    starts: list[int],
    columns: list[int],
    values: list[float],
    *,
    integral: bool = False,
) -> Any:
    """Return the solver with a linear programme of equations, by rows, ready to run."""
    try:
        import highspy
    except ImportError:
        raise RoundingError(
            "The solver of the protected figures is missing: run make setup (it installs highspy)."
        ) from None
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(cost), len(sides)
    model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower, upper
    model.row_lower_ = model.row_upper_ = sides
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.array(starts, np.int32)
    model.a_matrix_.index_ = np.array(columns, np.int32)
    model.a_matrix_.value_ = np.array(values)
    if integral:
        model.integrality_ = [highspy.HighsVarType.kInteger] * len(cost)
    # The class that highspy.Highs is made from: that one greets on the standard output.
    solver = highspy._Highs()  # type: ignore[attr-defined]
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        solver.setOptionValue(option, value)
    solver.passModel(model)
    return solver


def solved(solver: Any) -> Draws | None:
    """Return the cheapest point, if there is one; raise RoundingError without an answer."""
    solver.run()
    status = solver.modelStatusToString(solver.getModelStatus())
    if status == "Optimal":
        return np.array(solver.getSolution().col_value)
    if status == "Infeasible":
        return None
    raise RoundingError(f"The solver of the protected figures stopped: {status}.")
