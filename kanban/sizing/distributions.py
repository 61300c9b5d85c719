"""Probability: gamma, beta, Poisson and negative binomial on the standard library alone.

Incomplete gamma by series and continued fraction, incomplete beta by Lentz's continued fraction
(Abramowitz & Stegun 6.5, 26.5; Press et al., Numerical Recipes 6.2, 6.4); quantiles by bisection.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, erfc, exp, expm1, fsum, inf, lgamma, log, log1p, pi, sqrt
from statistics import NormalDist

TINY = 1e-300
PRECISION = 1e-14
MOST_TERMS = 100_000

STANDARD_NORMAL = NormalDist()


def normal_density(z: float) -> float:
    """The standard normal density at ``z``."""
    return exp(-z * z / 2) / sqrt(2 * pi)


def normal_beyond(z: float) -> float:
    """P(Z > z) of a standard normal."""
    return erfc(z / sqrt(2)) / 2


def gamma_below(shape: float, x: float) -> float:
    """P(X <= x) of a gamma with ``shape`` and scale 1: the regularized lower incomplete gamma function."""
    if x <= 0:
        return 0.0
    if x == inf:
        return 1.0
    if x < shape + 1:
        return _gamma_series(shape, x)
    return 1 - _gamma_fraction(shape, x)


def gamma_beyond(shape: float, x: float) -> float:
    """P(X > x) of a gamma with ``shape`` and scale 1."""
    if x <= 0:
        return 1.0
    return 1 - _gamma_series(shape, x) if x < shape + 1 else _gamma_fraction(shape, x)


def gamma_quantile(shape: float, p: float) -> float:
    """The x with P(X <= x) = p of a gamma with ``shape`` and scale 1."""
    if p <= 0:
        return 0.0
    if p >= 1:
        return inf
    high = shape + 10 * sqrt(shape) + 10
    while gamma_below(shape, high) < p:
        high *= 2
    return _bisect(lambda x: gamma_below(shape, x) - p, 0.0, high)


def beta_below(a: float, b: float, x: float) -> float:
    """P(X <= x) of a beta(a, b): the regularized incomplete beta function."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return 1 - front * _beta_fraction(b, a, 1 - x) / b


def beta_quantile(a: float, b: float, p: float) -> float:
    """The x with P(X <= x) = p of a beta(a, b)."""
    if p <= 0 or p >= 1:
        return min(max(p, 0.0), 1.0)
    return _bisect(lambda x: beta_below(a, b, x) - p, 0.0, 1.0)


def poisson_at(k: int, mean: float) -> float:
    """P(D = k) of a Poisson."""
    if k < 0:
        return 0.0
    if mean <= 0:
        return 1.0 if k == 0 else 0.0
    return exp(k * log(mean) - mean - lgamma(k + 1))


def poisson_below(k: float, mean: float) -> float:
    """P(D <= k) of a Poisson."""
    if k < 0:
        return 0.0
    return 1.0 if mean <= 0 else gamma_beyond(int(k) + 1, mean)


def negative_binomial_at(k: int, mean: float, variance: float) -> float:
    """P(D = k) of a negative binomial with ``variance`` > ``mean`` > 0."""
    if k < 0:
        return 0.0
    size, chance = _size_and_chance(mean, variance)
    return exp(lgamma(k + size) - lgamma(size) - lgamma(k + 1) + size * log(chance) + k * log1p(-chance))


def negative_binomial_below(k: float, mean: float, variance: float) -> float:
    """P(D <= k) of a negative binomial with ``variance`` > ``mean`` > 0."""
    if k < 0:
        return 0.0
    size, chance = _size_and_chance(mean, variance)
    return beta_below(size, int(k) + 1, chance)


def normal_loss(x: float, mean: float, deviation: float) -> float:
    """E[(D - x)+] of a normal: pieces short, on average, of a supply of ``x``."""
    if deviation <= 0:
        return max(0.0, mean - x)
    return deviation * unit_normal_loss((x - mean) / deviation)


def unit_normal_loss(z: float) -> float:
    """G(z) = phi(z) - z (1 - Phi(z)) (Snyder & Shen, appendix C)."""
    return normal_density(z) - z * normal_beyond(z)


def poisson_loss(x: float, mean: float) -> float:
    """E[(D - x)+] of a Poisson, for whole ``x`` (Snyder & Shen, appendix C)."""
    if x < 0:
        return mean - x
    return (mean - x) * (1 - poisson_below(x, mean)) + mean * poisson_at(int(x), mean)


def negative_binomial_loss(x: float, mean: float, variance: float) -> float:
    """E[(D - x)+] of a negative binomial, for whole ``x``: mean - x + sum of P(D <= y) for y < x."""
    if x <= 0:
        return mean - x
    return mean - x + fsum(negative_binomial_below(y, mean, variance) for y in range(int(x)))


def gamma_loss(x: float, mean: float, variance: float) -> float:
    """E[(D - x)+] of a gamma with this mean and variance."""
    if x <= 0:
        return mean - x
    if mean <= 0:
        return 0.0
    shape, scale = mean * mean / variance, variance / mean
    z = x / scale
    beyond = gamma_beyond(shape, z)
    one_more = beyond + exp(shape * log(z) - z - lgamma(shape + 1))  # P(X > z) at shape + 1
    return max(0.0, mean * one_more - x * beyond)


def lomax_beyond(gap: float, shape: float, rate: float) -> float:
    """P(gap > t) when the scan rate is itself gamma(shape, rate): (1 + t / rate) ** -shape."""
    return exp(-shape * log1p(gap / rate))


def lomax_quantile(p: float, shape: float, rate: float) -> float:
    """The gap that is exceeded with probability ``p``."""
    return rate * expm1(-log(p) / shape)


def smallest_whole(holds: Callable[[int], bool], start: int = 0) -> int:
    """The smallest whole number from ``start`` on for which ``holds`` (once true, it stays true)."""
    step = 0
    while not holds(start + step):
        step = 2 * step or 1
    low, high = start + step // 2 if step else start - 1, start + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def whole_up(value: float) -> int:
    """Rounded up, but not for a last digit that arithmetic alone made."""
    return ceil(value - 1e-9 * max(1.0, abs(value)))


def _size_and_chance(mean: float, variance: float) -> tuple[float, float]:
    return mean * mean / (variance - mean), mean / variance


def _gamma_series(shape: float, x: float) -> float:
    term = total = 1 / shape
    for n in range(1, MOST_TERMS):
        term *= x / (shape + n)
        total += term
        if term < total * PRECISION:
            break
    return total * exp(-x + shape * log(x) - lgamma(shape))


def _gamma_fraction(shape: float, x: float) -> float:
    b = x + 1 - shape
    c, d = 1 / TINY, 1 / b
    h = d
    for n in range(1, MOST_TERMS):
        a = -n * (n - shape)
        b += 2
        d = 1 / _kept_from_zero(a * d + b)
        c = _kept_from_zero(b + a / c)
        h *= d * c
        if abs(d * c - 1) < PRECISION:
            break
    return exp(-x + shape * log(x) - lgamma(shape)) * h


def _beta_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _kept_from_zero(1 - (a + b) * x / (a + 1))
    h = d
    for m in range(1, MOST_TERMS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _kept_from_zero(1 + term * d)
            c = _kept_from_zero(1 + term / c)
            h *= d * c
        if abs(d * c - 1) < PRECISION:
            break
    return h


def _kept_from_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY


def _bisect(f: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if f(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
