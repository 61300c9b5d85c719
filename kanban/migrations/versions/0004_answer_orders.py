"""Answer orders: release rules per supplier with its own clock; what suppliers answer; alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0004_answer_orders"
down_revision = "0003_send_orders"

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _rules()
    _answers()
    _alerts()
    with op.batch_alter_table("shop") as shop:
        for name in ("bill_to", "contact", "tax_note", "terms"):
            shop.add_column(sa.Column(name, sa.Text(), nullable=True))
        shop.add_column(sa.Column("vat_id", sa.String(length=60), nullable=True))


def _answers() -> None:
    with op.batch_alter_table("order_line") as batch:
        batch.add_column(sa.Column("confirmed_quantity", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("confirmed_price", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("answered_at", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("shipped", sa.BigInteger(), server_default="0", nullable=False))
        batch.add_column(sa.Column("passed_on", sa.BigInteger(), server_default="0", nullable=False))
        batch.add_column(sa.Column("beside", sa.BigInteger(), server_default="0", nullable=False))
        batch.create_check_constraint(op.f("ck_order_line_confirmed_quantity"), "confirmed_quantity >= 0")
        batch.create_check_constraint(op.f("ck_order_line_shipped"), "shipped >= 0")
        batch.create_check_constraint(op.f("ck_order_line_passed_on"), "passed_on >= 0")
        batch.create_check_constraint(op.f("ck_order_line_beside"), "beside >= 0")
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


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", row_id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("order_id", row_id, nullable=True),
        sa.Column("path", sa.String(length=100), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("taken_by", row_id, nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_alert_order_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["person.id"], name=op.f("fk_alert_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(
        "uq_alert_one_open",
        "alert",
        ["kind", "about"],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index("ix_alert_resolved_at", "alert", ["resolved_at"])
    op.create_table(
        "notice",
        sa.Column("alert_id", row_id, autoincrement=False, nullable=False),
        sa.Column("person_id", row_id, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_notice_alert_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_person_id")),
        sa.PrimaryKeyConstraint("alert_id", "person_id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_person_id", "notice", ["person_id", "at"])
    op.create_table(
        "notice_choice",
        sa.Column("person_id", row_id, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.CheckConstraint("how IN ('at_once', 'digest', 'off')", name=op.f("ck_notice_choice_how")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_choice_person_id")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_notice_choice")),
    )
    op.create_table(
        "notice_settings",
        sa.Column("person_id", row_id, autoincrement=False, nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("push", sa.Boolean(), nullable=False),
        sa.Column("digest_at", sa.String(length=5), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.CheckConstraint("length(digest_at) = 5", name=op.f("ck_notice_settings_digest_at")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_settings_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notice_settings")),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("person_id", row_id, autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
