"""Pair phones; and keep where their browsers take messages."""

import sqlalchemy as sa
from alembic import op

revision = "0002_pair_phones"
down_revision = "0001_close_the_loop"

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _audit_shelves()
    _take_messages()


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


def _take_messages() -> None:
    op.create_table(
        "push_subscription",
        sa.Column("id", row_id, nullable=False),
        sa.Column("endpoint_hash", sa.String(length=64), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.String(length=120), nullable=False),
        sa.Column("auth", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("person_id", row_id, nullable=True),
        sa.Column("device_id", row_id, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (device_id IS NULL)", name=op.f("ck_push_subscription_owner")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_push_subscription_person_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_push_subscription_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint_hash", name=op.f("uq_push_subscription_endpoint_hash")),
    )
    op.create_index(op.f("ix_push_subscription_person_id"), "push_subscription", ["person_id"])
    op.create_index(op.f("ix_push_subscription_device_id"), "push_subscription", ["device_id"])
