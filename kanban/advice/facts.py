"""What people say of a loop for its sizing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from kanban import journal
from kanban.advice.histories import untold
from kanban.advice.tables import LoopSizing
from kanban.languages import gettext as _
from kanban.loops import Loop

MONTHS = 12
LEAST_FACTOR, LARGEST_FACTOR = Decimal("0.05"), Decimal(20)


class BadSeason(ValueError):
    """Not twelve factors, or one that nobody can mean."""


@dataclass(frozen=True)
class SizingFacts:
    """What a form says: see :class:`LoopSizing`; ``season`` holds twelve factors or none."""

    scan_rule: str = "empty"
    mark_at: Decimal = Decimal(0)
    use_per_day: Decimal | None = None
    sureness: str = "guess"
    when_out: str = "waits"
    overseas: bool = False
    seasonal: bool = False
    put_away: Decimal = Decimal(0)
    season: tuple[Decimal, ...] = ()


def facts_of(session: Session, loop_id: int) -> SizingFacts:
    """What was said of a loop; the usual where nobody has said anything."""
    told = session.get(LoopSizing, loop_id) or untold(loop_id)
    names = [name for name in SizingFacts.__dataclass_fields__ if name != "season"]
    season = tuple(Decimal(each) for each in told.season.split())
    return SizingFacts(**{name: getattr(told, name) for name in names}, season=season)


def describe(session: Session, deed: journal.Deed, loop: Loop, facts: SizingFacts) -> bool:
    """Say how a loop is used; says whether anything changed. Raises :class:`BadSeason`."""
    season = _written(facts.season)
    if facts == facts_of(session, loop.id):
        return False
    told = session.get(LoopSizing, loop.id) or LoopSizing(loop_id=loop.id)
    for name, value in vars(facts).items():
        if name != "season":
            setattr(told, name, value)
    told.season = season
    session.add(told)
    said = vars(facts) | {"season": season}
    journal.append(session, deed, "sizing_changed", "loop", loop.id, said)
    return True


def _written(season: tuple[Decimal, ...]) -> str:
    if not season:
        return ""
    if len(season) != MONTHS:
        raise BadSeason(_("a season has twelve factors, January to December"))
    if not all(LEAST_FACTOR <= factor <= LARGEST_FACTOR for factor in season):
        raise BadSeason(
            _("a factor lies between %(least)s and %(most)s", least=LEAST_FACTOR, most=LARGEST_FACTOR)
        )
    return " ".join(format(factor.normalize(), "f") for factor in season)
