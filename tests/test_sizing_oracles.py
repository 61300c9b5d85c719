"""The arithmetic of sizing against three libraries that know nothing of it: scipy, statsmodels, stockpyl."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanban.sizing import distributions as d
from kanban.sizing import intervals, lead_times, losses, quantities, reorder

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the oracles say about their own dependencies is not ours to mend
    import numpy as np
    from scipy import integrate, stats
    from scipy.stats import CensoredData
    from statsmodels.stats.proportion import proportion_confint
    from statsmodels.stats.rates import confint_poisson
    from stockpyl import eoq, newsvendor

shapes = st.floats(0.05, 400)


@given(shapes, st.floats(0.001, 800))
def test_gamma_as_scipy_has_it(shape: float, x: float) -> None:
    assert d.gamma_below(shape, x) == pytest.approx(stats.gamma.cdf(x, shape), abs=1e-10)
    assert d.gamma_beyond(shape, x) == pytest.approx(stats.gamma.sf(x, shape), abs=1e-10)


@given(shapes, st.floats(0.001, 0.999))
def test_gamma_quantiles_as_scipy_has_them(shape: float, p: float) -> None:
    assert d.gamma_quantile(shape, p) == pytest.approx(stats.gamma.ppf(p, shape), rel=1e-8, abs=1e-12)


@given(st.floats(0.2, 80), st.floats(0.2, 80), st.floats(0.001, 0.999))
def test_beta_as_scipy_has_it(a: float, b: float, x: float) -> None:
    assert d.beta_below(a, b, x) == pytest.approx(stats.beta.cdf(x, a, b), abs=1e-10)
    assert d.beta_quantile(a, b, x) == pytest.approx(stats.beta.ppf(x, a, b), rel=1e-7, abs=1e-10)


@given(st.integers(0, 300), st.floats(0.1, 200), st.floats(1.05, 30))
def test_counts_as_scipy_has_them(k: int, mean: float, vmr: float) -> None:
    assert d.poisson_below(k, mean) == pytest.approx(stats.poisson.cdf(k, mean), abs=1e-9)
    size, chance = mean / (vmr - 1), 1 / vmr
    assert d.negative_binomial_below(k, mean, vmr * mean) == pytest.approx(
        stats.nbinom.cdf(k, size, chance), abs=1e-9
    )


@given(st.integers(0, 900), st.floats(0.01, 700), st.one_of(st.just(1.0), st.floats(1.001, 40)))
def test_what_a_supply_leaves_unserved_is_the_sum_that_scipy_has(level: int, mean: float, vmr: float) -> None:
    demand = stats.poisson(mean) if vmr == 1.0 else stats.nbinom(mean / (vmr - 1), 1 / vmr)
    beyond = demand.sf(np.arange(level, level + 20_000))  # P(D > y) for y = level, level + 1 ...
    found = losses.at(level, mean, vmr * mean, True)
    assert found.short == pytest.approx(beyond.sum(), rel=1e-7, abs=1e-8)
    assert found.beyond == pytest.approx((beyond * np.arange(beyond.size)).sum(), rel=1e-6, abs=1e-5)


@given(st.floats(0, 300), st.floats(0.1, 200), st.floats(0.05, 20))
def test_pieces_that_are_not_whole_are_lost_as_scipy_has_it(level: float, mean: float, vmr: float) -> None:
    demand = stats.gamma(mean / vmr, scale=vmr)
    lacking, _error = integrate.quad(demand.sf, level, max(level, mean) + 60 * vmr + mean, limit=500)
    assert losses.at(level, mean, vmr * mean, False).short == pytest.approx(lacking, rel=1e-5, abs=1e-6)


@given(st.integers(0, 60), st.integers(1, 60))
def test_shares_and_rates_as_statsmodels_has_them(successes: int, tries: int) -> None:
    tries = max(tries, successes)
    low, high = proportion_confint(successes, tries, method="wilson") if tries else (0.0, 1.0)
    if tries:
        assert intervals.wilson(successes, tries) == pytest.approx((low, high), abs=1e-9)
    exact = confint_poisson(successes, 10.0, method="exact-c")
    assert intervals.garwood(successes, 10.0) == pytest.approx(exact, abs=1e-8)


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=40))
def test_censored_lead_times_as_scipy_has_them(orders: list[tuple[int, bool]]) -> None:
    if not any(came for _, came in orders):
        return
    steps = lead_times.kaplan_meier([days for days, _ in orders], [came for _, came in orders])
    data = CensoredData(
        uncensored=[days for days, came in orders if came], right=[days for days, came in orders if not came]
    )
    survival = stats.ecdf(data).sf
    assert [step.left for step in steps] == pytest.approx(
        list(survival.evaluate([s.time for s in steps])), abs=1e-9
    )


@given(st.floats(0.05, 5), st.floats(0.05, 20), st.floats(1, 500))
def test_newsvendors_as_stockpyl_has_them(holding: float, short: float, mean: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        level, cost = newsvendor.newsvendor_normal(holding, short, mean, mean / 4)
        whole, _cost = newsvendor.newsvendor_poisson(holding, short, mean)
    assert reorder.newsvendor_normal(holding, short, mean, mean / 4) == pytest.approx((level, cost), rel=1e-6)
    assert reorder.newsvendor_poisson(holding, short, mean).level == whole


@given(st.floats(1, 5000), st.floats(0.1, 50), st.floats(10, 50_000))
def test_economic_orders_as_stockpyl_has_them(order_cost: float, holding: float, demand: float) -> None:
    quantity, cost = eoq.economic_order_quantity(order_cost, holding, demand)
    assert quantities.economic_order(order_cost, holding, demand)[:2] == pytest.approx(
        (quantity, cost), rel=1e-9
    )
    quantity, cost, _share = eoq.economic_order_quantity_with_backorders(
        order_cost, holding, 3 * holding, demand
    )[:3]
    found = quantities.economic_order(order_cost, holding, demand, short=3 * holding)
    assert found.quantity == pytest.approx(quantity, rel=1e-9)


def test_price_breaks_as_stockpyl_has_them() -> None:
    quantity, tier, cost = eoq.economic_order_quantity_with_all_units_discounts(
        8, 0.3, 1300, [0, 400, 800], [0.75, 0.72, 0.68]
    )
    found = quantities.with_price_breaks(8, 0.3, 1300, [(0, 0.75), (400, 0.72), (800, 0.68)])
    assert (found.quantity, found.tier, found.cost) == pytest.approx((quantity, tier, cost))
