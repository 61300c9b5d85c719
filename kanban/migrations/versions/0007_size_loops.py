"""Size loops: calendars of sites, what is known of a loop's use, advice, counted loops, planned withdrawals."""

import sqlalchemy as sa
from alembic import op

revision = "0007_size_loops"
down_revision = "0006_print_cards"

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "calendar",
        sa.Column("site_id", row_id, autoincrement=False, nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("region", sa.String(length=20), nullable=False),
        sa.Column("week", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["location.id"], name=op.f("fk_calendar_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_calendar")),
    )
    op.create_table(
        "closure",
        sa.Column("id", row_id, nullable=False),
        sa.Column("site_id", row_id, nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("first <= last", name=op.f("ck_closure_days")),
        sa.ForeignKeyConstraint(["site_id"], ["location.id"], name=op.f("fk_closure_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure")),
    )
    op.create_index(op.f("ix_closure_site_id"), "closure", ["site_id"])
    op.create_table(
        "loop_sizing",
        sa.Column("loop_id", row_id, autoincrement=False, nullable=False),
        sa.Column("scan_rule", sa.String(length=20), nullable=False),
        sa.Column("mark_at", sa.BigInteger(), nullable=False),
        sa.Column("use_per_day", sa.BigInteger(), nullable=True),
        sa.Column("sureness", sa.String(length=20), nullable=False),
        sa.Column("when_out", sa.String(length=20), nullable=False),
        sa.Column("overseas", sa.Boolean(), nullable=False),
        sa.Column("seasonal", sa.Boolean(), nullable=False),
        sa.Column("put_away", sa.BigInteger(), nullable=False),
        sa.Column("season", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "scan_rule IN ('empty', 'first_piece', 'mark')", name=op.f("ck_loop_sizing_scan_rule")
        ),
        sa.CheckConstraint(
            "sureness IN ('guess', 'estimate', 'records')", name=op.f("ck_loop_sizing_sureness")
        ),
        sa.CheckConstraint("when_out IN ('waits', 'elsewhere')", name=op.f("ck_loop_sizing_when_out")),
        sa.CheckConstraint("use_per_day > 0", name=op.f("ck_loop_sizing_use_per_day")),
        sa.CheckConstraint("mark_at >= 0", name=op.f("ck_loop_sizing_mark_at")),
        sa.CheckConstraint("put_away BETWEEN 0 AND 100000", name=op.f("ck_loop_sizing_put_away")),
        sa.ForeignKeyConstraint(["loop_id"], ["loop.id"], name=op.f("fk_loop_sizing_loop_id")),
        sa.PrimaryKeyConstraint("loop_id", name=op.f("pk_loop_sizing")),
    )
    op.create_table(
        "advice",
        sa.Column("id", row_id, nullable=False),
        sa.Column("loop_id", row_id, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("inputs", sa.String(length=64), nullable=False),
        sa.Column("cards_now", sa.Integer(), nullable=False),
        sa.Column("cards", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("because", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'refused', 'snoozed', 'overtaken')", name=op.f("ck_advice_state")
        ),
        sa.CheckConstraint("decision IN ('keep', 'add', 'take_out')", name=op.f("ck_advice_decision")),
        sa.ForeignKeyConstraint(["loop_id"], ["loop.id"], name=op.f("fk_advice_loop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advice")),
    )
    alive = sa.text("state IN ('open', 'snoozed')")
    op.create_index(
        "uq_advice_one_open", "advice", ["loop_id"], unique=True, sqlite_where=alive, postgresql_where=alive
    )
    op.create_index("ix_advice_loop_id", "advice", ["loop_id", "id"])
    with op.batch_alter_table("card") as card:
        card.add_column(sa.Column("leaves_on", sa.Date(), nullable=True))
    op.create_table(
        "planned_withdrawal",
        sa.Column("id", row_id, nullable=False),
        sa.Column("loop_id", row_id, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("order_by", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("order_id", row_id, nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_planned_withdrawal_quantity")),
        sa.CheckConstraint(
            "state IN ('planned', 'ordered', 'called_off')", name=op.f("ck_planned_withdrawal_state")
        ),
        sa.ForeignKeyConstraint(["loop_id"], ["loop.id"], name=op.f("fk_planned_withdrawal_loop_id")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_planned_withdrawal_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_withdrawal")),
    )
    op.create_index(op.f("ix_planned_withdrawal_loop_id"), "planned_withdrawal", ["loop_id"])
    op.create_index("ix_planned_withdrawal_state", "planned_withdrawal", ["state", "order_by"])
    op.create_table(
        "counted_loop",
        sa.Column("loop_id", row_id, autoincrement=False, nullable=False),
        sa.Column("reorder_point", sa.BigInteger(), nullable=False),
        sa.Column("target_level", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("reorder_point >= 0", name=op.f("ck_counted_loop_reorder_point")),
        sa.CheckConstraint("target_level > reorder_point", name=op.f("ck_counted_loop_target_level")),
        sa.ForeignKeyConstraint(["loop_id"], ["loop.id"], name=op.f("fk_counted_loop_loop_id")),
        sa.PrimaryKeyConstraint("loop_id", name=op.f("pk_counted_loop")),
    )
    op.create_table(
        "movement",
        sa.Column("id", row_id, nullable=False),
        sa.Column("loop_id", row_id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("recorded", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", row_id, nullable=False),
        sa.CheckConstraint("kind IN ('take', 'return', 'count')", name=op.f("ck_movement_kind")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_movement_event_id")),
        sa.ForeignKeyConstraint(["loop_id"], ["loop.id"], name=op.f("fk_movement_loop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movement")),
    )
    op.create_index("ix_movement_loop_id", "movement", ["loop_id", "id"])
