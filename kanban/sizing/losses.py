"""What a supply of ``x`` pieces leaves unserved, exactly, for demand of a given mean and variance.

Counted pieces are Poisson (variance = mean) or negative binomial (variance above it); steadier demand, and
pieces that are not whole, are gamma. With P the chance of more than x, p that of exactly x and
g = variance / mean - 1 the partial means have closed forms (Hadley & Whitin 1963, appendix 3, for the
Poisson; the negative binomial by k p(k; s) = mean p(k - 1; s + 1)), so that no sum is cut short.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log
from typing import NamedTuple

from kanban.sizing import distributions as d

EQUAL = 1e-9
"""So near to one another, variance and mean are the same."""


class Loss(NamedTuple):
    """``short``: pieces lacking on average, E[(D - x)+]; ``beyond``: the same over all levels above x."""

    short: float
    beyond: float


@lru_cache(maxsize=4096)
def at(level: float, mean: float, variance: float, whole: bool) -> Loss:
    """The loss at ``level`` >= 0; ``beyond`` is a sum over whole pieces, an integral over others."""
    if mean <= 0:
        return Loss(0.0, 0.0)
    if variance <= EQUAL * mean:
        return _steady(level, mean, whole)
    if not whole or variance < mean * (1 - EQUAL):
        return _gamma(level, mean, variance, whole)
    if variance <= mean * (1 + EQUAL):
        return _counted(int(level), mean, 0.0, d.poisson_beyond(level, mean), d.poisson_at(int(level), mean))
    more, there = d.negative_binomial_beyond, d.negative_binomial_at
    excess = variance / mean - 1
    return _counted(int(level), mean, excess, more(level, mean, variance), there(int(level), mean, variance))


def poisson(level: float, mean: float) -> float:
    """E[(D - x)+] of a Poisson, for whole ``level`` (Snyder & Shen, appendix C)."""
    return mean - level if level < 0 else at(level, mean, mean, True).short


def negative_binomial(level: float, mean: float, variance: float) -> float:
    """E[(D - x)+] of a negative binomial, for whole ``level``."""
    return mean - level if level < 0 else at(level, mean, variance, True).short


def _counted(level: int, mean: float, excess: float, more: float, there: float) -> Loss:
    """``more`` is P(D > x), ``there`` P(D = x); from them E[D; D > x] and E[D (D - 1); D > x]."""
    spread = mean + excess * level
    first = mean * more + spread * there
    second = (mean + excess) * first + (mean + excess * level) * level * there
    short = first - level * more
    beyond = (second - 2 * level * first + level * (level + 1) * more) / 2
    return Loss(max(0.0, short), max(0.0, beyond))


def _gamma(level: float, mean: float, variance: float, whole: bool) -> Loss:
    shape, scale = mean * mean / variance, variance / mean
    z = level / scale
    more = d.gamma_beyond(shape, z)
    step = exp(shape * log(z) - z - lgamma(shape + 1)) if z > 0 else 0.0  # to P(X > z) at shape + 1
    first = mean * (more + step)
    second = (mean * mean + variance) * (more + step * (1 + z / (shape + 1)))
    short = max(0.0, first - level * more)
    beyond = max(0.0, (second - 2 * level * first + level * level * more) / 2)
    return Loss(short, max(0.0, beyond - short / 2 + more / 12) if whole else beyond)  # Euler & Maclaurin


def _steady(level: float, mean: float, whole: bool) -> Loss:
    short = max(0.0, mean - level)
    steps = int(short)
    return Loss(short, steps * short - steps * (steps + 1) / 2 if whole else short * short / 2)
