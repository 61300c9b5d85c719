"""Worked examples of the literature, each with its source: inputs, expected output, tolerance.

``SIZING_CASES`` names another file of the same form, so that further cases run through the same door.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kanban.sizing import (
    alarms,
    cards,
    classes,
    history,
    intermittent,
    intervals,
    lead_times,
    losses,
    measures,
    policy,
    quantities,
    reorder,
)
from kanban.sizing import distributions as d

Case = dict[str, Any]
Answers = dict[str, Any]

FILE = Path(os.environ.get("SIZING_CASES") or Path(__file__).parent / "data" / "sizing.json")
CASES: list[Case] = json.loads(FILE.read_text(encoding="utf-8"))


def rounded(raw: float) -> Answers:
    return {"raw": raw, "cards": cards.rounded(raw)}


def by_toyota(demand: float, lead_time: float, container: float, alpha: float = 0.0) -> Answers:
    return rounded(cards.toyota(demand, lead_time, container, alpha))


def supplier_cycle(
    daily_demand: float, container: float, a: float, b: float, c: float, safety: float = 0.0
) -> Answers:
    return rounded(cards.supplier_cycle(daily_demand, container, a, b, c, safety))


def c_chart(counts: list[int]) -> Answers:
    center, lcl, ucl, out = alarms.c_chart(counts)
    return {"center": center, "lcl": lcl, "ucl": ucl, "out": out}


def g_chart(gaps: list[float]) -> Answers:
    center, lcl, ucl, out = alarms.g_chart(gaps)
    return {"center": center, "lcl": lcl, "ucl": ucl, "out": out}


def cusum(xs: list[float], target: float, k: float, h: float) -> Answers:
    high, low, first = alarms.cusum(xs, target, k, h)
    sums = {f"hi_{n}": value for n, value in enumerate(high, 1)} | {
        f"lo_{n}": v for n, v in enumerate(low, 1)
    }
    return {"first_signal": first} | sums


def grouped(found: dict[str, str]) -> Answers:
    return {kind: sorted(name for name, its in found.items() if its == kind) for kind in "ABC"}


def values_of(items: list[list[Any]]) -> list[tuple[str, float]]:
    return [(each[0], each[1] * each[2] if len(each) > 2 else each[1]) for each in items]


def interval(found: intervals.Interval) -> Answers:
    return {"lo": found.low, "hi": found.high}


def gamma_poisson(a: float, b: float, count: float, exposure: float, level: float = 0.95) -> Answers:
    rate = intervals.gamma_poisson(intervals.Rate(a, b), count, exposure)
    return {"shape": rate.shape, "rate": rate.exposure, "mean": rate.mean, **interval(rate.band(level))}


def beta_binomial(a: float, b: float, k: int, n: int, level: float = 0.95) -> Answers:
    mean, found = intervals.beta_binomial(a, b, k, n, level=level)
    return {"mean": mean, **interval(found)}


def fill_rate_normal(r: float, Q: float, mean_ltd: float, sd_ltd: float) -> Answers:
    ss, csl, esc, fill = reorder.fill_normal(r, Q, mean_ltd, sd_ltd)
    return {"ss": ss, "csl": csl, "esc": esc, "fill": fill}


def newsvendor_normal(h: float, mu: float, sd: float, p: float = 0.0, b: float = 0.0) -> Answers:
    found = reorder.newsvendor_normal(h, p or b, mu, sd)
    return {"S": found.level, "cost": found.cost}


def newsvendor_poisson(h: float, mean: float, b: float = 0.0, p: float = 0.0) -> Answers:
    found = reorder.newsvendor_poisson(h, b or p, mean)
    return {"S": found.level, "cost": found.cost}


def eoq(K: float, h: float, d: float, p: float | None = None) -> Answers:
    found = quantities.economic_order(K, h, d, p)
    return {"Q": found.quantity, "cost": found.cost}


def eoq_discounts(K: float, rate: float, d: float, breaks: list[float], costs: list[float]) -> Answers:
    found = quantities.with_price_breaks(K, rate, d, list(zip(breaks, costs, strict=True)))
    return {"Q": found.quantity, "tier": found.tier, "cost": found.cost}


def kaplan_meier(times: list[float], observed: list[int], at: float | None = None) -> Answers:
    steps = lead_times.kaplan_meier(times, [bool(each) for each in observed])
    errors = {step.time: step.error for step in steps}
    return {
        "S": [[step.time, step.left] for step in steps],
        "se": [step.error for step in steps],
        "errors": errors,
    }


def order_up_to(
    d: float,
    sd_d: float,
    L: float,
    R: float,
    z: float,
    sd_L: float = 0,
    on_hand: float = 0,
    on_order: float = 0,
) -> Answers:
    level = reorder.target_level(d, sd_d, L, R, z, sd_L)
    return {"S": level, "order": reorder.to_order(level, on_hand, on_order)}


def order_up_to_fixed_ss(d: float, L: float, R: float, ss: float, on_hand: float = 0) -> Answers:
    level = reorder.target_level_with_safety(d, L, R, ss)
    return {"S": level, "order": reorder.to_order(level, on_hand)}


def reorder_point(d: float, sd_d: float, L: float, z: float, sd_L: float = 0) -> Answers:
    found = reorder.reorder_point(d, sd_d, L, z, sd_L)
    return {"rop": found.point, "ss": found.safety}


def turns(cogs: float, begin: float, end: float, assets: float | None = None) -> Answers:
    found = measures.turns(cogs, begin, end, assets)
    share = found.share_of_assets
    return {"turns": found.turns, "weeks": found.weeks, "pct_assets": None if share is None else 100 * share}


def otif(ordered: float, on_time: float, late: float = 0) -> Answers:
    return {
        "otif": int(measures.on_time_in_full(ordered, on_time)),
        "in_full": measures.in_full(ordered, on_time),
    }


def fill_of_loop(N: int, C: float, left: float, mean: float, var: float) -> Answers:
    return {"fill": policy.fill(N, C, policy.Demand(mean, var), left)}


def poisson_on_hand(r: float, Q: float, mean: float) -> Answers:
    return {"on_hand": policy.average_on_hand(r, int(Q), policy.Demand(mean, mean))}


FORMULAS: dict[str, Callable[..., Answers]] = {
    "abc_rank": lambda items, a, b: grouped(classes.abc_by_rank(values_of(items), a, b)),
    "abc_value": lambda items, a, b: grouped(classes.abc(values_of(items), a, b)),
    "abc_ved_category": lambda abc, ved: {"cat": classes.abc_ved(abc, ved)},
    "beta_binomial": beta_binomial,
    "c_chart": c_chart,
    "cards_needed": lambda r, container, left_at_scan: {
        "cards": policy.cards_needed(r, container, left_at_scan)
    },
    "critical_ratio": lambda h, b: {"p": reorder.critical_ratio(b, h)},
    "croston": lambda ts, alpha, beta, variant, init="mean": {
        "rate": intermittent.croston(ts, alpha, beta, variant, init)
    },
    "cusum": cusum,
    "cycle_count_per_day": lambda classes: {"per_day": measures.counts_per_day(classes)},
    "eoq": eoq,
    "eoq_backorders": eoq,
    "eoq_discounts": eoq_discounts,
    "expected_on_hand": poisson_on_hand,
    "fill_of_loop": fill_of_loop,
    "fill_rate_normal": fill_rate_normal,
    "g_chart": g_chart,
    "gamma_poisson": gamma_poisson,
    "gmroii": lambda profit, avg_inventory: {"gmroii": measures.gross_margin_return(profit, avg_inventory)},
    "ifs_basic": lambda demand, lead_time, safety, lot, container: rounded(
        cards.ifs_basic(demand, lead_time, safety, lot, container)
    ),
    "ifs_constant_cycle": lambda demand, lead_time, safety, lot, container: rounded(
        cards.ifs_constant_cycle(demand, lead_time, safety, lot, container)
    ),
    "kanban_constant_cycle": lambda demand, interval, lead_time, safety_time, container: rounded(
        cards.constant_cycle(demand, interval, lead_time, safety_time, container)
    ),
    "kanban_oracle": lambda demand, lead_time, size: rounded(cards.oracle(demand, lead_time, size)),
    "kanban_sap": lambda rt, ac, cont, sf, c: rounded(cards.sap(rt, ac, cont, sf, c)),
    "kanban_supplier_cycle": supplier_cycle,
    "kanban_toyota": by_toyota,
    "kanban_with_safety_qty": lambda demand, lead_time, safety_qty, container: rounded(
        cards.with_safety_pieces(demand, lead_time, safety_qty, container)
    ),
    "kanban_production": lambda demand, processing, container, alpha=0.0: rounded(
        cards.production(demand, processing, container, alpha)
    ),
    "kanban_triangle": lambda demand, lead_time, safety_qty, container: {
        "cards": cards.triangle(demand, lead_time, safety_qty, container)
    },
    "kanban_two_bin": lambda demand, lead_time, z=0.0, sd=0.0: {
        "raw": cards.two_bin(demand, lead_time, z, sd)
    },
    "kanban_withdrawal": lambda demand, waiting, container, alpha=0.0: rounded(
        cards.withdrawal(demand, waiting, container, alpha)
    ),
    "kanban_z": lambda demand, lead_time, z, sd, container: rounded(
        cards.z_form(demand, lead_time, z, sd, container)
    ),
    "kaplan_meier": kaplan_meier,
    "negbin_loss": lambda x, mean, var: {"loss": losses.negative_binomial(x, mean, var)},
    "newsvendor_normal": newsvendor_normal,
    "newsvendor_poisson": newsvendor_poisson,
    "normal_loss": lambda x, mean, sd: {"loss": d.normal_loss(x, mean, sd)},
    "on_order": lambda d, L: {"on_order": reorder.on_order(d, L)},
    "order_qty": lambda S, on_hand, on_order=0: {"order": reorder.to_order(S, on_hand, on_order)},
    "order_up_to": order_up_to,
    "order_up_to_fixed_ss": order_up_to_fixed_ss,
    "otif": otif,
    "overtaken_limit": lambda N, p: {"k": alarms.overtaken_limit(N, p)},
    "poisson_critical": newsvendor_poisson,
    "poisson_fill_base_stock": lambda S, mean: {"fill": reorder.base_stock_fill(S, mean)},
    "poisson_loss": lambda x, mean: {"loss": losses.poisson(x, mean)},
    "poisson_rate_ci": lambda count, exposure, level=0.95: interval(
        intervals.garwood(count, exposure, level=level)
    ),
    "record_accuracy": lambda rows, tol: {"accuracy": measures.record_accuracy(rows, tol)},
    "reorder_point": reorder_point,
    "round_up_order": lambda q, pack=1, moq=0, multiple=0: {
        "q": quantities.rounded_up(q, pack, moq, multiple)
    },
    "sbc_class": lambda adi, cv2: {"cls": intermittent.demand_class(adi, cv2)},
    "sd_lead_time_demand": lambda d, sd_d, L, sd_L=0: {"sd": reorder.lead_time_demand_sd(d, sd_d, L, sd_L)},
    "silence_limit": lambda A, p: {"gaps": alarms.silence_limit(A, p)},
    "tsb": lambda ts, alpha, beta: {"rate": intermittent.teunter(ts, alpha, beta)},
    "turns": turns,
    "unit_normal_loss": lambda z: {"loss": d.unit_normal_loss(z)},
    "vmr_from_intervals": lambda container, cv2: {"vmr": history.vmr(container, cv2)},
    "wilson": lambda k, n, z=None: interval(intervals.wilson(k, n, z=z)),
    "xyz_class": lambda cv: {"cls": classes.xyz(cv)},
}

LOOSER = {("fill_rate-02", "csl"): 0.002, ("fill_rate-02", "fill"): 0.0002}
"""Where a case gives one tolerance for pieces and shares alike, its own note gives the shares'."""


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_worked_example_comes_out(case: Case) -> None:
    assert case["formula"] in FORMULAS, f"none of {', '.join(FORMULAS)}"
    found = FORMULAS[case["formula"]](**case["inputs"])
    for name, expected in case["expected"].items():
        tolerance = LOOSER.get((case["id"], name), case["tol"])
        if name == "se_at":
            assert found["errors"][expected[0]] == pytest.approx(expected[1], abs=tolerance)
        elif name == "se":  # some examples leave out the last step, where nobody waits any more
            assert found["se"][: len(expected)] == pytest.approx(expected, abs=tolerance)
        elif name == "S" and isinstance(expected, list):
            agrees_at(found["S"], expected, tolerance)
        elif isinstance(expected, str | list) and not is_numbers(expected):
            assert found[name] == expected
        else:
            assert found[name] == pytest.approx(expected, abs=tolerance)


def is_numbers(expected: object) -> bool:
    return isinstance(expected, list) and all(isinstance(each, int | float) for each in expected)


def agrees_at(found: list[list[float]], expected: list[list[float]], tolerance: float) -> None:
    """An example may name only some of the steps."""
    left = dict(map(tuple, found))
    for time, share in expected:
        assert left[time] == pytest.approx(share, abs=tolerance)
