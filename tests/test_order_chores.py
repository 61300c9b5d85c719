"""The dispatcher's chores for orders: drafts leave, people are told; and when each chore comes again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from shop import Shop
from sqlalchemy.orm import Session

from kanban import alerts, config, suppliers
from kanban.dispatcher import CHORES, alerting, releasing
from kanban.orders import rules


@pytest.fixture
def settings(tmp_path: Path) -> config.Settings:
    return config.load(
        {
            "KANBAN_DATA": str(tmp_path),
            "KANBAN_TIME_ZONE": "Europe/Berlin",
            "KANBAN_BASE_URL": "https://kanban.example",
            "KANBAN_UNDO_SECONDS": "10",
        }
    )


def release(shop: Shop, settings: config.Settings) -> datetime | None:
    deed = shop.deed()
    return shop.write(lambda session: releasing.work(session, deed, settings))


def test_the_release_chore_comes_again_when_the_next_draft_may_leave(
    shop: Shop, settings: config.Settings
) -> None:
    deed = shop.deed()

    def give(session: Session) -> None:
        bolts = session.get_one(suppliers.Supplier, shop.ids["bolts"])
        rules.set_rule(session, deed, bolts, rules.RuleFacts("at_once"), region="", time_zone="")

    shop.write(give)
    order_id = shop.scan(shop.screws[0]).order_id
    assert release(shop, settings) == shop.at + timedelta(seconds=10)
    shop.later(seconds=10)
    assert release(shop, settings) is None
    assert shop.order(order_id).number == "PO-000001"


def test_the_alert_chore_raises_what_needs_somebody(shop: Shop, settings: config.Settings) -> None:
    for code in shop.paper:
        shop.scan(code)
    deed = shop.deed()
    shop.write(lambda session: alerting.work(session, deed, settings))
    with shop.database.read() as session:
        assert alerts.open_count(session, ("buyer",)) == 1


def test_both_stand_among_the_chores() -> None:
    chores = {chore.name: chore for chore in CHORES}
    assert chores["release"].on_change, "a draft at once must not wait for the minute"
    assert chores["alerts"].every <= timedelta(seconds=30)
