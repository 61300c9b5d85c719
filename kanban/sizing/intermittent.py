"""Forecasts for demand that comes now and then, period by period, as the literature has them.

Scans need none of these: the gaps between them are Croston's intervals already (see :mod:`history`).
They stand here to be compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

ADI_CUT, CV2_CUT = 1.32, 0.49
"""Syntetos, Boylan & Croston 2005, JORS 56:495."""


def croston(
    series: Sequence[float],
    size_smoothing: float,
    interval_smoothing: float,
    variant: str = "CRO",
    start: str = "mean",
) -> float:
    """Pieces per period: smoothed size over smoothed interval (Croston 1972).

    ``variant`` *SBA* takes 1 - beta/2 of it (Syntetos & Boylan 2005), *SBJ* 1 - beta/(2 - beta)
    (Shale, Boylan & Johnston 2006). The interval starts at the *mean* of all, or at the *first* one:
    libraries differ. Zero where nothing was ever needed.
    """
    needed = [n for n, value in enumerate(series) if value > 0]
    if not needed:
        return 0.0
    intervals = [later - before for before, later in zip([-1, *needed], needed, strict=False)]
    size = float(series[needed[0]])
    interval = sum(intervals) / len(intervals) if start == "mean" else float(intervals[0])
    for n, since in zip(needed[1:], intervals[1:], strict=True):
        size += size_smoothing * (series[n] - size)
        interval += interval_smoothing * (since - interval)
    beta = interval_smoothing
    factor = {"CRO": 1.0, "SBA": 1 - beta / 2, "SBJ": 1 - beta / (2 - beta)}[variant]
    return factor * size / interval


def teunter(series: Sequence[float], size_smoothing: float, chance_smoothing: float) -> float:
    """Pieces per period with a chance of need that is smoothed every period, so that dead items fade.

    Teunter, Syntetos & Babai 2011, EJOR 214:606. Starts at the first size and at the share of periods
    with a need.
    """
    needed = [value for value in series if value > 0]
    if not needed:
        return 0.0
    size, chance = float(needed[0]), len(needed) / len(series)
    for value in series[1:]:
        if value > 0:
            size += size_smoothing * (value - size)
            chance += chance_smoothing * (1 - chance)
        else:
            chance -= chance_smoothing * chance
    return size * chance


def demand_class(interval: float, cv2: float) -> str:
    """*smooth*, *intermittent*, *erratic* or *lumpy*, by mean interval and squared variation of sizes."""
    if interval < ADI_CUT:
        return "smooth" if cv2 < CV2_CUT else "erratic"
    return "intermittent" if cv2 < CV2_CUT else "lumpy"
