"""What the public note of the indicator claims, recomputed from a series of France by month."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import mean

LOW = (date(2020, 2, 1), date(2020, 4, 1))
COMPARED_MONTHS = range(1, 10)


@dataclass(frozen=True)
class Claims:
    """The claims on the stock, in per cent or persons (`gain`); None where months are missing."""

    spring_2020_percent: float | None
    gain: float | None
    gain_percent: float | None
    gain_on_2019_percent: float | None


# The public note of the indicator, under « IMPACT COVID ».
NOTE = Claims(-36, 18_000, 15, 5)


def recompute_claims(stock: Mapping[date, int]) -> Claims:
    """Recompute the claims from the stock of France, by first day of the month."""
    before, after = (stock.get(month) for month in LOW)
    means = {year: _mean(stock, year) for year in (2019, 2020, 2021)}
    gain = means[2021] - means[2020] if means[2021] and means[2020] else None
    return Claims(
        _percent(before, after),
        gain,
        _percent(means[2020], means[2021]),
        _percent(means[2019], means[2021]),
    )


def _mean(stock: Mapping[date, int], year: int) -> float | None:
    values = [stock.get(date(year, month, 1)) for month in COMPARED_MONTHS]
    known = [value for value in values if value is not None]
    return mean(known) if len(known) == len(values) else None


def _percent(before: float | None, after: float | None) -> float | None:
    return 100 * (after - before) / before if before and after is not None else None
