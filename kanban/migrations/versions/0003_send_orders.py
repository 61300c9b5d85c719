"""Send orders: the outbox, each supplier's channel, the brakes, and when chores are due.

Orders that were released before have left already, by hand: they get no delivery.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_send_orders"
down_revision = "0002_pair_phones"

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", row_id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("order_id", row_id, nullable=True),
        sa.Column("supplier_id", row_id, nullable=True),
        sa.Column("person_id", row_id, nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=1000), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("held_because", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("possible_repeat", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('order', 'cancellation', 'notice', 'test')", name=op.f("ck_delivery_kind")
        ),
        sa.CheckConstraint(
            "state IN ('held', 'queued', 'leased', 'delivered', 'dead', 'cancelled')",
            name=op.f("ck_delivery_state"),
        ),
        sa.CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name=op.f("ck_delivery_lease")),
        sa.CheckConstraint("(state = 'held') = (held_because <> '')", name=op.f("ck_delivery_held")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_delivery_attempts")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_delivery_order_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_delivery_supplier_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_delivery_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("message_id", name=op.f("uq_delivery_message_id")),
    )
    op.create_index("ix_delivery_state_due_at", "delivery", ["state", "due_at"])
    op.create_index("ix_delivery_order_id", "delivery", ["order_id"])
    op.create_index("ix_delivery_settled_at", "delivery", ["settled_at"])
    live = sa.text("order_id IS NOT NULL AND state NOT IN ('dead', 'cancelled')")
    op.create_index(
        "uq_delivery_one_live", "delivery", ["order_id", "kind", "channel"],
        unique=True, sqlite_where=live, postgresql_where=live,
    )  # fmt: skip
    _add_supplier_channel()
    _add_brakes()
    op.create_table(
        "chore",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chore")),
    )


def _add_supplier_channel() -> None:
    op.create_table(
        "supplier_channel",
        sa.Column("supplier_id", row_id, nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=1000), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("paper", sa.String(length=10), nullable=False),
        sa.Column("greeting", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(length=100), nullable=False),
        sa.Column("old_secret", sa.String(length=100), nullable=False),
        sa.Column("old_secret_until", sa.BigInteger(), nullable=True),
        sa.Column("buyer_endpoint", sa.String(length=100), nullable=False),
        sa.Column("seller_endpoint", sa.String(length=100), nullable=False),
        sa.CheckConstraint(
            "channel IN ('email', 'webhook', 'csv', 'ubl', 'cxml', 'phone', 'link')",
            name=op.f("ck_supplier_channel_channel"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_channel_supplier_id")
        ),
        sa.PrimaryKeyConstraint("supplier_id", name=op.f("pk_supplier_channel")),
    )


def _add_brakes() -> None:
    op.create_table(
        "brakes",
        sa.Column("id", row_id, nullable=False),
        sa.Column("order_value", sa.BigInteger(), nullable=True),
        sa.Column("orders_a_day", sa.Integer(), nullable=True),
        sa.Column("mails_an_hour", sa.Integer(), nullable=True),
        sa.Column("new_suppliers_ask", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("rest_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("paused_by", row_id, nullable=True),
        sa.Column("paused_because", sa.String(length=200), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_brakes_once")),
        sa.CheckConstraint("order_value >= 0", name=op.f("ck_brakes_order_value")),
        sa.CheckConstraint("orders_a_day BETWEEN 1 AND 1000", name=op.f("ck_brakes_orders_a_day")),
        sa.CheckConstraint("mails_an_hour BETWEEN 1 AND 100000", name=op.f("ck_brakes_mails_an_hour")),
        sa.CheckConstraint("rest_seconds BETWEEN 0 AND 3600", name=op.f("ck_brakes_rest_seconds")),
        sa.CheckConstraint("(paused_at IS NULL) = (paused_because = '')", name=op.f("ck_brakes_paused")),
        sa.ForeignKeyConstraint(["paused_by"], ["person.id"], name=op.f("fk_brakes_paused_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brakes")),
    )
