"""Probability: gamma, beta, Poisson and negative binomial on the standard library alone.

Incomplete gamma by series and continued fraction (Abramowitz & Stegun 6.5; Press et al., Numerical
Recipes 6.2), incomplete beta by the continued fraction of Didonato & Morris (1992, ACM TOMS 18:360,
BFRAC); quantiles of the gamma by Newton's steps inside a bracket, of the beta by bisection.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, erfc, exp, expm1, inf, lgamma, log, log1p, pi, sqrt
from statistics import NormalDist

TINY = 1e-300
PRECISION = 1e-14
MOST_TERMS = 100_000
MOST_STEPS = 100

STANDARD_NORMAL = NormalDist()


def normal_density(z: float) -> float:
    """The standard normal density at ``z``."""
    return exp(-z * z / 2) / sqrt(2 * pi)


def normal_beyond(z: float) -> float:
    """P(Z > z) of a standard normal."""
    return erfc(z / sqrt(2)) / 2


def normal_excess(z: float) -> float:
    """E[Z - z] of a standard normal where it lies beyond ``z``."""
    beyond = normal_beyond(z)
    return normal_density(z) / beyond - z if beyond > TINY else 1 / z


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
    low, high = 0.0, shape + 10 * sqrt(shape) + 10
    while gamma_below(shape, high) < p:
        low, high = high, 2 * high
    third = 1 / (9 * shape)
    x = shape * max(0.0, 1 - third + STANDARD_NORMAL.inv_cdf(p) * sqrt(third)) ** 3  # Wilson & Hilferty
    for _ in range(MOST_STEPS):
        if not low < x < high:
            x = (low + high) / 2
        missed = gamma_below(shape, x) - p
        low, high = (x, high) if missed < 0 else (low, x)
        step = missed / max(gamma_density(shape, x), TINY)
        if x in (0.0, x - step) or high - low <= x * PRECISION:
            break
        x -= step
    return x


def gamma_density(shape: float, x: float) -> float:
    """The density at ``x`` > 0 of a gamma with ``shape`` and scale 1."""
    return exp((shape - 1) * log(x) - x - lgamma(shape))


def beta_below(a: float, b: float, x: float) -> float:
    """P(X <= x) of a beta(a, b): the regularized incomplete beta function."""
    return _beta_below(a, b, x, 1 - x)


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


def poisson_beyond(k: float, mean: float) -> float:
    """P(D > k) of a Poisson."""
    if k < 0:
        return 1.0
    return 0.0 if mean <= 0 else gamma_below(int(k) + 1, mean)


def negative_binomial_at(k: int, mean: float, variance: float) -> float:
    """P(D = k) of a negative binomial with ``variance`` > ``mean`` > 0."""
    if k < 0:
        return 0.0
    size, more = mean * mean / (variance - mean), (variance - mean) / mean
    ways = log_rising(size, k) - lgamma(k + 1)
    return exp(ways - size * log1p(more) + k * log(more / (1 + more)))


def negative_binomial_below(k: float, mean: float, variance: float) -> float:
    """P(D <= k) of a negative binomial with ``variance`` > ``mean`` > 0."""
    return 1 - negative_binomial_beyond(k, mean, variance)


def negative_binomial_beyond(k: float, mean: float, variance: float) -> float:
    """P(D > k) of a negative binomial with ``variance`` > ``mean`` > 0."""
    if k < 0:
        return 1.0
    size, chance = mean * mean / (variance - mean), mean / variance
    return _beta_below(int(k) + 1, size, (variance - mean) / variance, chance)


def normal_loss(x: float, mean: float, deviation: float) -> float:
    """E[(D - x)+] of a normal: pieces short, on average, of a supply of ``x``."""
    if deviation <= 0:
        return max(0.0, mean - x)
    return deviation * unit_normal_loss((x - mean) / deviation)


def unit_normal_loss(z: float) -> float:
    """G(z) = phi(z) - z (1 - Phi(z)) (Snyder & Shen, appendix C)."""
    return normal_density(z) - z * normal_beyond(z)


def lomax_beyond(gap: float, shape: float, rate: float) -> float:
    """P(gap > t) when the scan rate is itself gamma(shape, rate): (1 + t / rate) ** -shape."""
    return exp(-shape * log1p(gap / rate))


def lomax_quantile(p: float, shape: float, rate: float) -> float:
    """The gap that is exceeded with probability ``p``."""
    return rate * expm1(-log(p) / shape)


def smallest_whole(holds: Callable[[int], bool], start: int = 0, guess: int | None = None) -> int:
    """The smallest whole number from ``start`` on for which ``holds`` (once true, it stays true).

    A good ``guess`` spares questions.
    """
    low, step = start - 1, 1
    high = max(start, start if guess is None else guess)
    if high > start and holds(high):
        while high - step > low and holds(high - step):
            high, step = high - step, 2 * step
        low = max(low, high - step)
    else:
        low = high if high > start else low
        high = low + 1
        while not holds(high):
            low, high, step = high, high + step, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def whole_up(value: float) -> int:
    """Rounded up, but not for a last digit that arithmetic alone made."""
    return ceil(value - 1e-9 * max(1.0, abs(value)))


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


def log_rising(a: float, b: float) -> float:
    """log(gamma(a + b) / gamma(a)), without the loss of digits that two large numbers bring."""
    if a < 1e5:
        return lgamma(a + b) - lgamma(a)
    return (a + b - 0.5) * log1p(b / a) + b * log(a) - b + (1 / (a + b) - 1 / a) / 12


def _beta_below(a: float, b: float, x: float, rest: float) -> float:
    """The same with ``rest`` = 1 - x given, which may be exacter than the difference."""
    if x <= 0:
        return 0.0
    if rest <= 0:
        return 1.0
    ways = log_rising(b, a) - lgamma(a) if b > a else log_rising(a, b) - lgamma(b)
    front = exp(ways + a * log(x) + b * log(rest))
    if x <= a / (a + b):
        return front * _beta_fraction(a, b, x)
    return 1 - front * _beta_fraction(b, a, rest)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Names as in the source; converges quickly where x <= a / (a + b)."""
    lam = a - (a + b) * x
    c, c0, c1, y1 = 1 + lam, b / a, 1 + 1 / a, 2 - x
    p, s, n = 1.0, a + 1, 0.0
    an, bn, an1, bn1 = 0.0, 1.0, 1.0, c / c1
    r = c1 / c
    while n < MOST_TERMS:
        n += 1
        t, w, e = n / a, n * (b - n) * x, a / s
        alpha = p * (p + c0) * e * e * (w * x)
        e = (t + 1) / (c1 + t + t)
        beta = n + w / s + e * (c + n * y1)
        p, s = t + 1, s + 2
        an, an1 = an1, alpha * an + beta * an1
        bn, bn1 = bn1, alpha * bn + beta * bn1
        before, r = r, an1 / bn1
        if abs(r - before) <= PRECISION * r:
            break
        an, bn, an1, bn1 = an / bn1, bn / bn1, r, 1.0
    return r


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
