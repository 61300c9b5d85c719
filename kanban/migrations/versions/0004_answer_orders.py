"""Answer orders: release rules per supplier, and a supplier's own clock and region."""

import sqlalchemy as sa
from alembic import op

revision = "0004_answer_orders"
down_revision = "0003_send_orders"

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _rules()


def _rules() -> None:
    with op.batch_alter_table("supplier") as batch:
        batch.add_column(sa.Column("region", sa.String(length=20), nullable=True))
        batch.add_column(sa.Column("time_zone", sa.String(length=60), nullable=True))
    op.create_table(
        "supplier_rule",
        sa.Column("supplier_id", row_id, autoincrement=False, nullable=False),
        sa.Column("leaves", sa.String(length=12), nullable=False),
        sa.Column("waits_for", sa.String(length=12), nullable=False),
        sa.Column("free_freight", sa.BigInteger(), nullable=True),
        sa.Column("approve_over", sa.BigInteger(), nullable=True),
        sa.Column("admin_over", sa.BigInteger(), nullable=True),
        sa.Column("urgent_at_once", sa.Boolean(), nullable=False),
        sa.Column("confirm_days", sa.Integer(), nullable=False),
        sa.Column("shortage", sa.String(length=12), nullable=False),
        sa.CheckConstraint(
            "leaves IN ('ask', 'at_once', 'cut_off', 'limit')", name=op.f("ck_supplier_rule_leaves")
        ),
        sa.CheckConstraint(
            "waits_for IN ('nothing', 'minimum', 'free_freight')", name=op.f("ck_supplier_rule_waits_for")
        ),
        sa.CheckConstraint("shortage IN ('ask', 'next')", name=op.f("ck_supplier_rule_shortage")),
        sa.CheckConstraint("free_freight > 0", name=op.f("ck_supplier_rule_free_freight")),
        sa.CheckConstraint("approve_over >= 0", name=op.f("ck_supplier_rule_approve_over")),
        sa.CheckConstraint("admin_over >= 0", name=op.f("ck_supplier_rule_admin_over")),
        sa.CheckConstraint("confirm_days BETWEEN 0 AND 100", name=op.f("ck_supplier_rule_confirm_days")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_rule_supplier_id")),
        sa.PrimaryKeyConstraint("supplier_id", name=op.f("pk_supplier_rule")),
    )
    op.create_table(
        "approval",
        sa.Column("order_id", row_id, autoincrement=False, nullable=False),
        sa.Column("person_id", row_id, nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_approval_order_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_approval_person_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_approval")),
    )
