"""Additive controlled rounding and its audit, on tables made by hand and at random."""

from __future__ import annotations

import sys
import traceback
from datetime import date

import numpy as np
import pytest

from iae.protection import rounding
from iae.protection.attack import attack
from iae.protection.rounding import Previous, RoundingError, draws, is_kept, rounded
from iae.protection.shape import Grid, Shape
from iae.protection.stock import LastEdition, Stock, round_stock

CONSTANT = ("ACI", "AI", "EI", "ETTI")
TYPES = ("ACI", "AI", "EI", "EITI", "ETTI", "GEIQ", "ITI")
# The example of docs/protection.md.
SMALL = Shape(
    {"D01": "R1", "D02": "R1", "D03": "R2", "NL": "FR", "R1": "FR", "R2": "FR", "FR": None},
    ("ACI", "AI", "EITI"),
    {"constant": ("ACI", "AI"), "official": ("ACI", "AI", "EITI")},
)
EXAMPLE = np.array([[12, 3, 0], [7, 2, 1], [21, 10, 4], [0, 1, 0]])


def country(seed: int, mean: float = 2.0) -> tuple[Shape, Grid]:
    """A random country: regions of 1 to 8 departments, small cells, a tenth of them empty."""
    rng = np.random.default_rng(seed)
    parents: dict[str, str | None] = {"FR": None, "NL": "FR"}
    for region in range(int(rng.integers(2, 7))):
        parents[f"R{region}"] = "FR"
        for number in range(int(rng.integers(1, 9))):
            parents[f"D{region}{number}"] = f"R{region}"
    shape = Shape(parents, TYPES, {"constant": CONSTANT, "official": TYPES})
    inner = rng.poisson(rng.gamma(0.7, mean / 0.7, (len(shape.inner_territories), len(TYPES))))
    return shape, shape.summed(np.where(rng.random(inner.shape) < 0.1, 0, inner))


def check(shape: Shape, exact: Grid, grid: Grid, base: int) -> None:
    """Every cell is one of its two multiples, every sum is the sum of its cells."""
    assert (grid % base == 0).all()
    assert (abs(grid - exact) < base).all()
    inner = grid[: len(shape.inner_territories), : len(shape.types)]
    for row, territory in enumerate(shape.territories):
        below = [
            place
            for place, name in enumerate(shape.inner_territories)
            if territory in (name, shape.parents[name], "FR")
        ]
        for column, component in enumerate(shape.components):
            members = [
                place
                for place, name in enumerate(shape.types)
                if name in shape.scopes.get(component, (component,))
            ]
            assert grid[row, column] == inner[np.ix_(below, members)].sum(), (territory, component)


def test_sums_are_those_of_the_country_and_of_the_scopes() -> None:
    assert SMALL.territories == ["D01", "D02", "D03", "NL", "R1", "R2", "FR"]
    assert SMALL.components == ["ACI", "AI", "EITI", "constant", "official"]
    assert SMALL.summed(EXAMPLE).tolist() == [
        [12, 3, 0, 15, 15],
        [7, 2, 1, 9, 10],
        [21, 10, 4, 31, 35],
        [0, 1, 0, 1, 1],
        [19, 5, 1, 24, 25],
        [21, 10, 4, 31, 35],
        [40, 16, 5, 56, 61],
    ]


@pytest.mark.parametrize("base", [2, 3, 5, 10])
def test_every_cell_goes_to_one_of_its_two_multiples_and_sums_hold(base: int) -> None:
    exact = SMALL.summed(EXAMPLE)
    check(SMALL, exact, rounded(SMALL, exact, base, draws(SMALL, "2022-03", "salt")), base)
    for seed in range(8):
        shape, exact = country(seed)
        check(shape, exact, rounded(shape, exact, base, draws(shape, "2022-03", "s")), base)


def test_a_base_of_one_leaves_everything() -> None:
    exact = SMALL.summed(EXAMPLE)
    assert (rounded(SMALL, exact, 1, draws(SMALL, "2022-03", "salt")) == exact).all()


def test_the_same_salt_draws_the_same_and_another_one_does_not() -> None:
    shape, exact = country(1)
    first = rounded(shape, exact, 5, draws(shape, "2022-03", "salt"))
    assert (rounded(shape, exact, 5, draws(shape, "2022-03", "salt")) == first).all()
    assert (rounded(shape, exact, 5, draws(shape, "2022-03", "other")) != first).any()
    assert (rounded(shape, exact, 5, draws(shape, "2022-04", "salt")) != first).any()


def test_each_side_is_drawn_with_the_probability_of_its_distance() -> None:
    deviations: dict[int, list[int]] = {remainder: [] for remainder in range(5)}
    for seed in range(60):
        shape, exact = country(seed, mean=6)
        grid = rounded(shape, exact, 5, draws(shape, "2022-03", str(seed)))
        for value, change in zip(
            shape.inner(exact).flat, shape.inner(grid - exact).flat, strict=True
        ):
            deviations[int(value) % 5].append(int(change))
    everything = [change for changes in deviations.values() for change in changes]
    assert abs(np.mean(everything)) < 0.05
    # A rounded cell does not tell its side: each remainder is up as often as it should be.
    for remainder, changes in deviations.items():
        assert abs(np.mean(changes)) < 0.3, remainder
    assert set(deviations[0]) == {0}


def test_an_unchanged_cell_stays_as_it_was() -> None:
    rng = np.random.default_rng(0)
    nb_unchanged = nb_moved = nb_betrayed = 0
    for seed in range(20):
        shape, exact = country(seed, mean=8)
        before = rounded(shape, exact, 5, draws(shape, "2022-03", "salt"))
        inner = shape.inner(exact).copy()
        changed = rng.random(inner.shape) < 0.02
        inner[changed] = np.maximum(0, inner[changed] + rng.integers(-2, 3, changed.sum()))
        now = shape.summed(inner)
        # Another salt: what stays, stays because of the last edition.
        grid = rounded(shape, now, 5, draws(shape, "2022-03", "other"), Previous(exact, before))
        check(shape, now, grid, 5)
        unchanged = now == exact
        nb_unchanged += unchanged.sum()
        nb_moved += (unchanged & (grid != before)).sum()
        nb_betrayed += (unchanged & (grid != before) & (exact < 5)).sum()
    assert nb_moved < 0.01 * nb_unchanged
    assert nb_betrayed <= 2


def test_the_last_edition_holds_only_where_it_fits() -> None:
    exact = SMALL.summed(EXAMPLE)
    before = rounded(SMALL, exact, 5, draws(SMALL, "2022-03", "salt"))
    assert is_kept(SMALL, exact, Previous(exact, before), 5)
    assert not is_kept(SMALL, exact, Previous(exact, before), 10)
    assert not is_kept(SMALL, exact, Previous(exact, before + 5), 5)
    assert not is_kept(SMALL, exact + 1, Previous(exact, before), 5)
    assert not is_kept(SMALL, exact, None, 5)


def test_sums_give_way_where_nothing_else_keeps_them() -> None:
    # Five cells of 1 in a ring of sums that are multiples of 2: each is up when the next is down,
    # which a ring of five cannot be. Territories and types alone would be a flow, and always
    # possible; a region by a scope is neither.
    shape = Shape(
        dict.fromkeys(("D1", "D2"), "R1")
        | {"D3": "R2", "D4": "R3"}
        | dict.fromkeys(("R1", "R2", "R3"), "FR")
        | {"FR": None},
        ("T1", "T2", "T5"),
        {"constant": ("T1", "T2"), "official": ("T1", "T2", "T5")},
    )
    exact = shape.summed(np.array([[1, 0, 1], [0, 1, 0], [0, 1, 1], [0, 1, 0]]))
    assert shape.inner(exact).shape == (4, 3)
    grid = rounded(shape, exact, 2, draws(shape, "2022-03", "salt"))
    assert shape.is_additive(grid)
    assert (abs(shape.inner(grid) - shape.inner(exact)) < 2).all()


def test_every_sensitive_cell_is_as_wide_as_it_can_be_by_the_solver() -> None:
    for seed in range(3):
        shape, exact = country(seed)
        grid = rounded(shape, exact, 5, draws(shape, "2022-03", "salt"))
        fast, slow = (
            attack(shape, exact, grid, 5, solver_only=solver_only) for solver_only in (False, True)
        )
        assert fast.nb_sensitive == slow.nb_sensitive == slow.nb_solved > 20
        assert (fast.nb_solved, fast.narrow, slow.narrow) == (0, [], [])


def test_a_sum_that_does_not_hold_betrays_its_cells() -> None:
    # All cells of D02 are rounded to 0, "0 to 4", and its total to 15, "11 to 19": each is 3 or 4.
    exact = SMALL.summed(np.array([[10, 0, 0], [4, 4, 4], [0, 0, 0], [0, 0, 0]]))
    grid = SMALL.summed(np.array([[10, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]))
    grid[1, 3:] = 10, 15
    found = attack(SMALL, exact, grid, 5)
    assert {(1, 0), (1, 1), (1, 2)} <= set(found.narrow)


def test_a_total_that_is_public_exactly_confines_its_types() -> None:
    # 6 people in D01, known from elsewhere, 5 of them said to be in ACI. EITI is 3: with ACI from
    # 1 to 9 and AI from 0 to 4, EITI still can be anything from 0 to 4.
    wide = SMALL.summed(np.array([[2, 1, 3], [30, 31, 32], [0, 0, 0], [41, 42, 43]]))
    grid = SMALL.summed(np.array([[5, 0, 0], [30, 30, 35], [0, 0, 0], [40, 45, 45]]))
    known = np.zeros(wide.shape, bool)
    known[0, 4] = True
    assert attack(SMALL, wide, grid, 5, known).narrow == []
    assert attack(SMALL, wide, grid, 5, known, solver_only=True).narrow == []
    # All three rounded to 0 and a total known to be 10: none is below 2.
    exact = SMALL.summed(np.array([[4, 4, 2], [30, 31, 32], [0, 0, 0], [41, 42, 43]]))
    grid = SMALL.summed(np.array([[0, 0, 0], [30, 35, 35], [0, 0, 0], [45, 45, 45]]))
    assert {(0, 0), (0, 1), (0, 2)} <= set(attack(SMALL, exact, grid, 5, known).narrow)
    # A total of 2 says "0 to 2" by itself: the rounding is not blamed for it.
    exact = SMALL.summed(np.array([[1, 1, 0], [30, 31, 32], [0, 0, 0], [41, 42, 43]]))
    grid = SMALL.summed(np.array([[0, 0, 0], [30, 35, 35], [0, 0, 0], [45, 45, 45]]))
    found = attack(SMALL, exact, grid, 5, known)
    assert not {(0, 0), (0, 1)} & set(found.narrow)
    # Nor for a region of 3 and a department of 1 in it, which leave 2 for the other department.
    exact = SMALL.summed(np.array([[0, 1, 0], [2, 0, 0], [20, 22, 13], [41, 42, 43]]))
    grid = SMALL.summed(np.array([[0, 0, 0], [0, 0, 0], [20, 20, 15], [40, 45, 45]]))
    known = np.zeros(exact.shape, bool)
    known[[0, 4], 4] = True
    assert attack(SMALL, exact, grid, 5, known, solver_only=True).narrow == []


def months_of(*tables: Grid, shape: Shape = SMALL) -> Stock:
    """A stock of the cells of a shape, a month for each table."""
    return Stock(
        dict(shape.parents),
        [
            (scope, name, date(2017, 1, 1))
            for scope, names in shape.scopes.items()
            for name in names
        ],
        {
            date(2022, month, 1): {
                (row, column): int(table[place, rank])
                for place, row in enumerate(shape.inner_territories)
                for rank, column in enumerate(shape.types)
            }
            for month, table in enumerate(tables, start=1)
        },
    )


def test_who_has_all_public_totals_gains_nothing_on_a_type() -> None:
    month = date(2022, 1, 1)
    nb_drawn_again = 0
    for seed in range(3):
        shape, exact = country(seed, mean=3)
        stock = months_of(exact, shape=shape)
        stock.known = {month: {(name, "official") for name in shape.territories if name != "NL"}}
        known = stock.known_mask(month, shape)
        assert known.sum() == len(shape.territories) - 1
        ((_, grid),) = round_stock(stock, 5, "salt").values()
        check(shape, exact, grid, 5)
        found = attack(shape, exact, grid, 5, known, solver_only=True)
        assert (found.nb_sensitive > 20, found.narrow) == (True, [])
        first = rounded(shape, exact, 5, draws(shape, "2022-01", "salt"))
        nb_drawn_again += bool(attack(shape, exact, first, 5, known).narrow)
    assert nb_drawn_again > 0


def cells_of(months: dict[date, tuple[Shape, Grid]]) -> dict[date, dict[tuple[str, str], int]]:
    return {
        month: {
            (row, column): int(grid[place, rank])
            for place, row in enumerate(shape.territories)
            for rank, column in enumerate(shape.components)
        }
        for month, (shape, grid) in months.items()
    }


def test_only_months_that_changed_are_solved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = np.vstack([EXAMPLE[:3], [3, 1, 0]])
    stock = months_of(EXAMPLE, EXAMPLE)
    first = round_stock(stock, 5, "salt")
    last_edition = LastEdition(stock.exact, cells_of(first))
    solved: list[str] = []
    original = rounding.rounded
    monkeypatch.setattr(
        "iae.protection.stock.rounded",
        lambda *arguments: solved.append("once") or original(*arguments),
    )
    # Another salt would draw everything anew.
    again = round_stock(months_of(EXAMPLE, changed, EXAMPLE), 5, "other", last_edition)
    assert solved == ["once", "once"]
    assert cells_of(again)[date(2022, 1, 1)] == cells_of(first)[date(2022, 1, 1)]


def test_a_scope_with_a_type_missing_has_no_sum() -> None:
    stock = months_of(EXAMPLE)
    for cells in stock.exact.values():
        for row in SMALL.inner_territories:
            del cells[row, "EITI"]
    ((shape, _),) = round_stock(stock, 5, "salt").values()
    assert shape.components == ["ACI", "AI", "constant"]


def test_a_month_that_tells_too_much_is_drawn_again() -> None:
    # The total of D01 is public: rounded to 0, 0 and 0, its types would be confined.
    stock = months_of(np.array([[4, 3, 2], [30, 31, 32], [20, 22, 13], [41, 42, 43]]))
    stock.known = {date(2022, 1, 1): {("D01", "official")}}
    nb_drawn_again = 0
    for salt in map(str, range(20)):
        ((shape, grid),) = round_stock(stock, 5, salt).values()
        exact = stock.grid(date(2022, 1, 1), shape)
        known = stock.known_mask(date(2022, 1, 1), shape)
        first = rounded(shape, exact, 5, draws(shape, "2022-01", salt))
        narrow = attack(shape, exact, first, 5, known).narrow
        nb_drawn_again += bool(narrow)
        assert bool(narrow) == bool((first != grid).any())
        assert not attack(shape, exact, grid, 5, known).narrow
    assert nb_drawn_again > 0


def test_says_in_one_line_that_the_solver_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    with pytest.raises(RoundingError, match="solver of the protected figures is missing") as error:
        rounded(SMALL, SMALL.summed(EXAMPLE), 5, draws(SMALL, "2022-03", "salt"))
    # As dbt shows an error of a Python model.
    assert len(traceback.format_exception(error.value)) == 1
