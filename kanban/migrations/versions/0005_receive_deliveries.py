"""Receive deliveries: delivery notes, quarantine, returns, corrections, problems, and who stands where.

What receipts said of their delivery note becomes a row of its own; photos are tied to them in 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005_receive_deliveries"
down_revision = "0004_answer_orders"

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

QUARANTINE_REASONS = "('damaged', 'wrong_item')"
RETURN_REASONS = "('damaged', 'wrong_item', 'not_needed', 'other')"
PROBLEMS = "('damaged', 'wrong_item', 'short', 'other')"
EXPECTED = "('credit', 'replacement', 'nothing')"


def upgrade() -> None:
    op.create_table(
        "delivery_note",
        sa.Column("id", row_id, nullable=False),
        sa.Column("supplier_id", row_id, nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("number_key", sa.String(length=400), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_delivery_note_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_note")),
        sa.UniqueConstraint(
            "supplier_id", "number_key", name=op.f("uq_delivery_note_supplier_id_number_key")
        ),
    )
    _change_lines_and_turns()
    _change_receipts()
    _add_quarantine_and_returns()
    _add_problems()
    op.create_table(
        "supplier_place",
        sa.Column("supplier_id", row_id, autoincrement=False, nullable=False),
        sa.Column("location_id", row_id, nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_place_supplier_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_supplier_place_location_id")),
        sa.PrimaryKeyConstraint("supplier_id", name=op.f("pk_supplier_place")),
    )
    op.create_index(op.f("ix_supplier_place_location_id"), "supplier_place", ["location_id"])


def _add_problems() -> None:
    op.create_table(
        "problem",
        sa.Column("id", row_id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("card_id", row_id, nullable=True),
        sa.Column("order_line_id", row_id, nullable=True),
        sa.Column("delivery_note_id", row_id, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settlement", sa.Text(), nullable=False),
        sa.CheckConstraint(f"kind IN {PROBLEMS}", name=op.f("ck_problem_kind")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_problem_card_id")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_problem_order_line_id")),
        sa.ForeignKeyConstraint(
            ["delivery_note_id"], ["delivery_note.id"], name=op.f("fk_problem_delivery_note_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
    )
    op.create_index(op.f("ix_problem_card_id"), "problem", ["card_id"])
    op.create_index("ix_problem_settled_at", "problem", ["settled_at"])


def _change_lines_and_turns() -> None:
    with op.batch_alter_table("order_line") as line:
        line.add_column(sa.Column("returned", sa.BigInteger(), server_default="0", nullable=False))
        line.create_check_constraint(op.f("ck_order_line_returned"), "returned >= 0")
    with op.batch_alter_table("replenishment") as turn:
        turn.add_column(sa.Column("shipped_at", sa.BigInteger(), nullable=True))


def _change_receipts() -> None:
    with op.batch_alter_table("receipt") as receipt:
        receipt.add_column(sa.Column("delivery_note_id", row_id, nullable=True))
        receipt.add_column(sa.Column("counters_id", row_id, nullable=True))
        receipt.create_foreign_key(
            op.f("fk_receipt_delivery_note_id"), "delivery_note", ["delivery_note_id"], ["id"]
        )
        receipt.create_foreign_key(op.f("fk_receipt_counters_id"), "receipt", ["counters_id"], ["id"])
        receipt.drop_constraint(op.f("ck_receipt_quantity"), type_="check")
        receipt.create_check_constraint(
            op.f("ck_receipt_quantity"), "quantity > 0 OR (quantity < 0 AND counters_id IS NOT NULL)"
        )
    _move_notes()
    with op.batch_alter_table("receipt") as receipt:
        receipt.drop_column("delivery_note")
    op.create_index(op.f("ix_receipt_delivery_note_id"), "receipt", ["delivery_note_id"])
    op.create_index(op.f("ix_receipt_counters_id"), "receipt", ["counters_id"])


def _move_notes() -> None:
    """Each number that receipts of a supplier name becomes one note."""
    op.execute(
        "INSERT INTO delivery_note (supplier_id, number, number_key, at)"
        " SELECT o.supplier_id, min(r.delivery_note), lower(r.delivery_note), min(r.at) FROM receipt r"
        ' JOIN order_line l ON l.id = r.order_line_id JOIN "order" o ON o.id = l.order_id'
        " WHERE r.delivery_note <> '' GROUP BY o.supplier_id, lower(r.delivery_note)"
    )
    op.execute(
        "UPDATE receipt SET delivery_note_id = (SELECT n.id FROM delivery_note n"
        ' JOIN "order" o ON o.supplier_id = n.supplier_id JOIN order_line l ON l.order_id = o.id'
        " WHERE l.id = receipt.order_line_id AND n.number_key = lower(receipt.delivery_note))"
        " WHERE delivery_note <> ''"
    )


def _add_quarantine_and_returns() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", row_id, nullable=False),
        sa.Column("order_line_id", row_id, nullable=False),
        sa.Column("delivery_note_id", row_id, nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_quarantine_quantity")),
        sa.CheckConstraint("accepted >= 0 AND returned >= 0", name=op.f("ck_quarantine_decided")),
        sa.CheckConstraint("accepted + returned <= quantity", name=op.f("ck_quarantine_left")),
        sa.CheckConstraint(f"reason IN {QUARANTINE_REASONS}", name=op.f("ck_quarantine_reason")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_quarantine_order_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_note_id"], ["delivery_note.id"], name=op.f("fk_quarantine_delivery_note_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_order_line_id"), "quarantine", ["order_line_id"])
    op.create_index(op.f("ix_quarantine_delivery_note_id"), "quarantine", ["delivery_note_id"])
    op.create_table(
        "supplier_return",
        sa.Column("id", row_id, nullable=False),
        sa.Column("order_line_id", row_id, nullable=False),
        sa.Column("quarantine_id", row_id, nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("expected", sa.String(length=20), nullable=False),
        sa.Column("give_back", sa.Boolean(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settlement", sa.String(length=200), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_supplier_return_quantity")),
        sa.CheckConstraint(f"reason IN {RETURN_REASONS}", name=op.f("ck_supplier_return_reason")),
        sa.CheckConstraint(f"expected IN {EXPECTED}", name=op.f("ck_supplier_return_expected")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_supplier_return_order_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["quarantine_id"], ["quarantine.id"], name=op.f("fk_supplier_return_quarantine_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_return")),
    )
    op.create_index(op.f("ix_supplier_return_order_line_id"), "supplier_return", ["order_line_id"])
    op.create_index(op.f("ix_supplier_return_quarantine_id"), "supplier_return", ["quarantine_id"])
