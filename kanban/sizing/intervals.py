"""How sure a share or a rate is: Wilson, Garwood, gamma-Poisson, beta-binomial."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from kanban.sizing.distributions import STANDARD_NORMAL, beta_quantile, gamma_quantile

LEVEL = 0.95


class Interval(NamedTuple):
    """From ``low`` to ``high``, in the unit of what was estimated."""

    low: float
    high: float


class Rate(NamedTuple):
    """What is believed of a rate: a gamma with ``shape`` (effective events) and ``exposure`` (days)."""

    shape: float
    exposure: float

    @property
    def mean(self) -> float:
        """Events per day."""
        return self.shape / self.exposure

    def band(self, level: float = LEVEL) -> Interval:
        """Between which rates the truth lies with this probability, as much on either side."""
        tail = (1 - level) / 2
        return Interval(
            gamma_quantile(self.shape, tail) / self.exposure,
            gamma_quantile(self.shape, 1 - tail) / self.exposure,
        )


def wilson(successes: int, tries: int, *, z: float | None = None) -> Interval:
    """The share behind ``successes`` of ``tries``; ``(0, 1)`` where nothing was tried.

    Wilson 1927, JASA 22:209; ``z`` defaults to the 95 % value.
    """
    if tries <= 0:
        return Interval(0.0, 1.0)
    z = STANDARD_NORMAL.inv_cdf(0.975) if z is None else z
    share = successes / tries
    middle = share + z * z / (2 * tries)
    half = z * sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries))
    scale = 1 + z * z / tries
    low = 0.0 if successes == 0 else (middle - half) / scale
    high = 1.0 if successes == tries else (middle + half) / scale
    return Interval(low, high)


def garwood(events: int, exposure: float, *, level: float = LEVEL) -> Interval:
    """The rate per unit of ``exposure`` behind ``events`` (Garwood 1936, Biometrika 28:437)."""
    tail = (1 - level) / 2
    low = gamma_quantile(events, tail) if events else 0.0
    return Interval(low / exposure, gamma_quantile(events + 1, 1 - tail) / exposure)


def gamma_poisson(prior: Rate, events: float, exposure: float) -> Rate:
    """The rate believed after ``events`` in ``exposure`` days (conjugate: both add)."""
    return Rate(prior.shape + events, prior.exposure + exposure)


def beta_binomial(
    a: float, b: float, successes: int, tries: int, *, level: float = LEVEL
) -> tuple[float, Interval]:
    """Mean and interval of a share believed beta(a, b) before ``successes`` of ``tries``."""
    one, other = a + successes, b + tries - successes
    tail = (1 - level) / 2
    return one / (one + other), Interval(beta_quantile(one, other, tail), beta_quantile(one, other, 1 - tail))
