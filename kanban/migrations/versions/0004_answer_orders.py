"""Answer orders: release rules per supplier with its own clock and region; what suppliers answer."""

import sqlalchemy as sa
from alembic import op

revision = "0004_answer_orders"
down_revision = "0003_send_orders"

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _rules()
    _answers()


def _answers() -> None:
    with op.batch_alter_table("order_line") as batch:
        batch.add_column(sa.Column("confirmed_quantity", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("confirmed_price", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("answered_at", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("shipped", sa.BigInteger(), server_default="0", nullable=False))
        batch.add_column(sa.Column("passed_on", sa.BigInteger(), server_default="0", nullable=False))
        batch.create_check_constraint(op.f("ck_order_line_confirmed_quantity"), "confirmed_quantity >= 0")
        batch.create_check_constraint(op.f("ck_order_line_shipped"), "shipped >= 0")
        batch.create_check_constraint(op.f("ck_order_line_passed_on"), "passed_on >= 0")
    op.create_table(
        "answer_link",
        sa.Column("order_id", row_id, autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("generation BETWEEN 1 AND 1000", name=op.f("ck_answer_link_generation")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_answer_link_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_answer_link")),
    )
    op.create_table(
        "answer",
        sa.Column("id", row_id, nullable=False),
        sa.Column("order_id", row_id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("carrier", sa.String(length=60), nullable=False),
        sa.Column("tracking", sa.String(length=200), nullable=False),
        sa.CheckConstraint("kind IN ('confirmed', 'shipped')", name=op.f("ck_answer_kind")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_answer_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
    )
    op.create_index("ix_answer_order_id", "answer", ["order_id", "at"])
    op.create_table(
        "line_answer",
        sa.Column("id", row_id, nullable=False),
        sa.Column("answer_id", row_id, nullable=False),
        sa.Column("order_line_id", row_id, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("substitute", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("question", sa.String(length=10), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_line_answer_quantity")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_line_answer_unit_price")),
        sa.CheckConstraint(
            "question IN ('', 'pending', 'accepted', 'refused')", name=op.f("ck_line_answer_question")
        ),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], name=op.f("fk_line_answer_answer_id")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_line_answer_order_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_answer")),
    )
    op.create_index(op.f("ix_line_answer_answer_id"), "line_answer", ["answer_id"])
    op.create_index(op.f("ix_line_answer_order_line_id"), "line_answer", ["order_line_id"])


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
