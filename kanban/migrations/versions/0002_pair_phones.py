"""Pair phones."""

import sqlalchemy as sa
from alembic import op

revision = "0002_pair_phones"
down_revision = "0001_close_the_loop"

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _audit_shelves()


def _audit_shelves() -> None:
    op.create_table(
        "shelf_audit",
        sa.Column("id", row_id, nullable=False),
        sa.Column("location_id", row_id, nullable=False),
        sa.Column("event_id", row_id, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_shelf_audit_event_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_shelf_audit_location_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelf_audit")),
        sa.UniqueConstraint("event_id", name=op.f("uq_shelf_audit_event_id")),
    )
    op.create_index("ix_shelf_audit_location_id", "shelf_audit", ["location_id"])
    op.create_table(
        "shelf_find",
        sa.Column("id", row_id, nullable=False),
        sa.Column("audit_id", row_id, nullable=False),
        sa.Column("card_id", row_id, nullable=True),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("find", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["shelf_audit.id"], name=op.f("fk_shelf_find_audit_id")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_shelf_find_card_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelf_find")),
    )
    op.create_index("ix_shelf_find_audit_id", "shelf_find", ["audit_id"])
