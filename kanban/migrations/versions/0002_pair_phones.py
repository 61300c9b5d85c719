"""Pair phones: devices have a place and a question, people a PIN; brakes are rows; browsers take messages."""

import sqlalchemy as sa
from alembic import op

revision = "0002_pair_phones"
down_revision = "0001_close_the_loop"

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

ROLE = "role IN ('viewer', 'signaller', 'operator', 'buyer', 'admin')"
ASKS = "asks IN ('nobody', 'initials', 'pin')"


def upgrade() -> None:
    _give_devices_a_place()
    _give_people_a_pin()
    _pair()
    _count_tries()
    _audit_shelves()
    _take_messages()


def _give_devices_a_place() -> None:
    _drop_check("device", "ck_device_role")
    with op.batch_alter_table("device") as device:
        device.alter_column("token_hash", existing_type=sa.String(length=64), nullable=True)
        device.add_column(sa.Column("location_id", row_id, nullable=True))
        device.add_column(sa.Column("asks", sa.String(length=10), nullable=False, server_default="nobody"))
        device.add_column(sa.Column("self_signal", sa.Boolean(), nullable=False, server_default=sa.true()))
        device.add_column(sa.Column("paired_at", sa.BigInteger(), nullable=True))
        device.add_column(sa.Column("seen_at", sa.BigInteger(), nullable=True))
        device.add_column(sa.Column("copied_at", sa.BigInteger(), nullable=True))
        device.add_column(sa.Column("held_by", row_id, nullable=True))
        device.add_column(sa.Column("held_until", sa.BigInteger(), nullable=True))
        device.create_foreign_key(op.f("fk_device_location_id"), "location", ["location_id"], ["id"])
        device.create_foreign_key(op.f("fk_device_held_by"), "person", ["held_by"], ["id"])
    with op.batch_alter_table("device") as device:
        device.alter_column("asks", existing_type=sa.String(length=10), server_default=None)
        device.alter_column("self_signal", existing_type=sa.Boolean(), server_default=None)
        device.create_check_constraint(op.f("ck_device_role"), ROLE)
        device.create_check_constraint(op.f("ck_device_asks"), ASKS)
        device.create_check_constraint(
            op.f("ck_device_one_way_in"), "(paired_at IS NULL) <> (token_hash IS NULL)"
        )


def _give_people_a_pin() -> None:
    _drop_check("person", "ck_person_role")
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("pin_hash", sa.String(length=200), nullable=True))
        person.create_check_constraint(op.f("ck_person_role"), ROLE)


def _pair() -> None:
    op.create_table(
        "phone_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("device_id", row_id, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_phone_token_device_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_phone_token")),
    )
    op.create_index(op.f("ix_phone_token_device_id"), "phone_token", ["device_id"])
    op.create_table(
        "pairing",
        sa.Column("id", row_id, nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("short_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("location_id", row_id, nullable=True),
        sa.Column("asks", sa.String(length=10), nullable=False),
        sa.Column("self_signal", sa.Boolean(), nullable=False),
        sa.Column("made_by", row_id, nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("device_id", row_id, nullable=True),
        sa.CheckConstraint(ROLE, name=op.f("ck_pairing_role")),
        sa.CheckConstraint(ASKS, name=op.f("ck_pairing_asks")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_pairing_location_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_pairing_made_by")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_pairing_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_pairing_secret_hash")),
        sa.UniqueConstraint("short_hash", name=op.f("uq_pairing_short_hash")),
    )


def _count_tries() -> None:
    op.create_table(
        "attempt",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("tries > 0", name=op.f("ck_attempt_tries")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_last_at"), "attempt", ["last_at"])


def _drop_check(table: str, name: str) -> None:
    """PostgreSQL keeps a check until it is dropped; on SQLite the table is made anew without it."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(name), table, type_="check")


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
