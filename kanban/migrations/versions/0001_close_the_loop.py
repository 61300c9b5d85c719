"""Close the loop: items, suppliers, loops and cards, orders and receipts, people, and the journal.

The database itself refuses a second open turn of a card, a second draft of a supplier and site, a
fork of the journal, and any change of what the journal holds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001_close_the_loop"
down_revision = None

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

REFUSALS = ("UPDATE", "DELETE")


def upgrade() -> None:
    op.create_table(
        "shop",
        sa.Column("id", row_id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_shop_once")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_shop_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "device",
        sa.Column("id", row_id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'operator', 'buyer', 'admin')", name=op.f("ck_device_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
    )
    op.create_table(
        "event",
        sa.Column("id", row_id, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("noun", sa.String(length=20), nullable=False),
        sa.Column("noun_id", sa.BigInteger(), nullable=True),
        sa.Column("card_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("device_id", sa.BigInteger(), nullable=True),
        sa.Column("via", sa.String(length=20), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("key", name=op.f("uq_event_key")),
        sa.UniqueConstraint("prev_hash", name=op.f("uq_event_prev_hash")),
    )
    op.create_index("ix_event_card_id", "event", ["card_id"], unique=False)
    op.create_index("ix_event_noun", "event", ["noun", "noun_id"], unique=False)
    op.create_index("ix_event_order_id", "event", ["order_id"], unique=False)
    op.create_table(
        "item",
        sa.Column("id", row_id, nullable=False),
        sa.Column("sku", sa.String(length=200), nullable=False),
        sa.Column("sku_key", sa.String(length=400), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("unit_cost", sa.BigInteger(), nullable=True),
        sa.Column("consequence", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("consequence BETWEEN 1 AND 4", name=op.f("ck_item_consequence")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_item_name")),
        sa.CheckConstraint("length(sku) BETWEEN 1 AND 200", name=op.f("ck_item_sku")),
        sa.CheckConstraint("unit_cost >= 0", name=op.f("ck_item_unit_cost")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("sku_key", name=op.f("uq_item_sku_key")),
    )
    op.create_table(
        "location",
        sa.Column("id", row_id, nullable=False),
        sa.Column("parent_id", row_id, nullable=True),
        sa.Column("site_id", row_id, nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("path_key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_location_name")),
        sa.ForeignKeyConstraint(["parent_id"], ["location.id"], name=op.f("fk_location_parent_id")),
        sa.ForeignKeyConstraint(["site_id"], ["location.id"], name=op.f("fk_location_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("path_key", name=op.f("uq_location_path_key")),
    )
    op.create_index(op.f("ix_location_parent_id"), "location", ["parent_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", row_id, nullable=False),
        sa.Column("login", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'operator', 'buyer', 'admin')", name=op.f("ck_person_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("login", name=op.f("uq_person_login")),
    )
    op.create_table(
        "set_up",
        sa.Column("id", row_id, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_set_up_once")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_up")),
    )
    op.create_table(
        "supplier",
        sa.Column("id", row_id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("customer_number", sa.String(length=60), nullable=False),
        sa.Column("lead_time", sa.Integer(), nullable=False),
        sa.Column("order_days", sa.String(length=40), nullable=False),
        sa.Column("order_until", sa.String(length=5), nullable=False),
        sa.Column("minimum_order_value", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('external', 'internal')", name=op.f("ck_supplier_kind")),
        sa.CheckConstraint("lead_time BETWEEN 0 AND 1000", name=op.f("ck_supplier_lead_time")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_supplier_name")),
        sa.CheckConstraint("minimum_order_value >= 0", name=op.f("ck_supplier_minimum_order_value")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("name_key", name=op.f("uq_supplier_name_key")),
    )
    op.create_table(
        "wrong_try",
        sa.Column("id", row_id, nullable=False),
        sa.Column("login", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_try")),
    )
    op.create_index("ix_wrong_try_address", "wrong_try", ["address", "at"], unique=False)
    op.create_table(
        "order",
        sa.Column("id", row_id, nullable=False),
        sa.Column("supplier_id", row_id, nullable=False),
        sa.Column("ship_to_id", row_id, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("released_by", row_id, nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("shipped_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'draft') = (number IS NULL)", name=op.f("ck_order_number")),
        sa.CheckConstraint(
            "state IN ('draft', 'released', 'confirmed', 'shipped', 'partly_received', 'received', 'cancelled')",
            name=op.f("ck_order_state"),
        ),
        sa.ForeignKeyConstraint(["released_by"], ["person.id"], name=op.f("fk_order_released_by")),
        sa.ForeignKeyConstraint(["ship_to_id"], ["location.id"], name=op.f("fk_order_ship_to_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_order_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order")),
        sa.UniqueConstraint("number", name=op.f("uq_order_number")),
    )
    op.create_index("ix_order_state", "order", ["state"], unique=False)
    op.create_index(
        "uq_order_one_draft",
        "order",
        ["supplier_id", "ship_to_id"],
        unique=True,
        sqlite_where=sa.text("state = 'draft'"),
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", row_id, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in")),
    )
    op.create_index(op.f("ix_sign_in_person_id"), "sign_in", ["person_id"], unique=False)
    op.create_table(
        "supplier_item",
        sa.Column("id", row_id, nullable=False),
        sa.Column("supplier_id", row_id, nullable=False),
        sa.Column("item_id", row_id, nullable=False),
        sa.Column("sku", sa.String(length=200), nullable=False),
        sa.Column("pack_size", sa.BigInteger(), nullable=False),
        sa.Column("minimum_order_quantity", sa.BigInteger(), nullable=False),
        sa.Column("order_multiple", sa.BigInteger(), nullable=False),
        sa.Column("lead_time", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.CheckConstraint("lead_time BETWEEN 0 AND 1000", name=op.f("ck_supplier_item_lead_time")),
        sa.CheckConstraint(
            "minimum_order_quantity >= 0", name=op.f("ck_supplier_item_minimum_order_quantity")
        ),
        sa.CheckConstraint("order_multiple >= 0", name=op.f("ck_supplier_item_order_multiple")),
        sa.CheckConstraint(
            "pack_size > 0 AND pack_size <= 1000000000", name=op.f("ck_supplier_item_pack_size")
        ),
        sa.CheckConstraint("rank BETWEEN 1 AND 99", name=op.f("ck_supplier_item_rank")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_supplier_item_item_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_supplier_item_supplier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_item")),
        sa.UniqueConstraint("id", "item_id", name="uq_supplier_item_id_item"),
        sa.UniqueConstraint("supplier_id", "item_id", name=op.f("uq_supplier_item_supplier_id_item_id")),
    )
    op.create_index(op.f("ix_supplier_item_item_id"), "supplier_item", ["item_id"], unique=False)
    op.create_table(
        "loop",
        sa.Column("id", row_id, nullable=False),
        sa.Column("item_id", row_id, nullable=False),
        sa.Column("location_id", row_id, nullable=False),
        sa.Column("supplier_item_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("card_quantity", sa.BigInteger(), nullable=False),
        sa.Column("minimum_cycle", sa.Integer(), nullable=False),
        sa.Column("safety_factor", sa.BigInteger(), nullable=False),
        sa.Column("review_period", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("colour", sa.String(length=7), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('purchase', 'production', 'transfer')", name=op.f("ck_loop_kind")),
        sa.CheckConstraint(
            "card_quantity > 0 AND card_quantity <= 1000000000", name=op.f("ck_loop_card_quantity")
        ),
        sa.CheckConstraint("minimum_cycle >= 0", name=op.f("ck_loop_minimum_cycle")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_loop_item_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_loop_location_id")),
        sa.ForeignKeyConstraint(
            ["supplier_item_id", "item_id"],
            ["supplier_item.id", "supplier_item.item_id"],
            name=op.f("fk_loop_supplier_item_id_item_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loop")),
    )
    op.create_index(op.f("ix_loop_item_id"), "loop", ["item_id"], unique=False)
    op.create_index(op.f("ix_loop_location_id"), "loop", ["location_id"], unique=False)
    op.create_index(op.f("ix_loop_supplier_item_id"), "loop", ["supplier_item_id"], unique=False)
    op.create_table(
        "order_line",
        sa.Column("id", row_id, nullable=False),
        sa.Column("order_id", row_id, nullable=False),
        sa.Column("supplier_item_id", row_id, nullable=False),
        sa.Column("extra", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("unit_price", sa.BigInteger(), nullable=True),
        sa.Column("pack_size", sa.BigInteger(), nullable=True),
        sa.Column("sku", sa.String(length=200), nullable=True),
        sa.Column("supplier_sku", sa.String(length=200), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("confirmed_due", sa.Date(), nullable=True),
        sa.CheckConstraint("extra >= 0", name=op.f("ck_order_line_extra")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_order_line_quantity")),
        sa.CheckConstraint("received >= 0", name=op.f("ck_order_line_received")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_line_order_id")),
        sa.ForeignKeyConstraint(
            ["supplier_item_id"], ["supplier_item.id"], name=op.f("fk_order_line_supplier_item_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint(
            "order_id", "supplier_item_id", name=op.f("uq_order_line_order_id_supplier_item_id")
        ),
    )
    op.create_index(op.f("ix_order_line_supplier_item_id"), "order_line", ["supplier_item_id"], unique=False)
    op.create_table(
        "price_break",
        sa.Column("supplier_item_id", row_id, nullable=False),
        sa.Column("from_quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("from_quantity >= 0", name=op.f("ck_price_break_from_quantity")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_price_break_unit_price")),
        sa.ForeignKeyConstraint(
            ["supplier_item_id"], ["supplier_item.id"], name=op.f("fk_price_break_supplier_item_id")
        ),
        sa.PrimaryKeyConstraint("supplier_item_id", "from_quantity", name=op.f("pk_price_break")),
    )
    op.create_table(
        "card",
        sa.Column("id", row_id, nullable=False),
        sa.Column("loop_id", row_id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("life", sa.String(length=10), nullable=False),
        sa.Column("retired_because", sa.String(length=20), nullable=False),
        sa.Column("print_version", sa.Integer(), nullable=False),
        sa.Column("printed_at", sa.BigInteger(), nullable=True),
        sa.Column("reprint_requested", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "life IN ('new', 'active', 'on_hold', 'surplus', 'retired')", name=op.f("ck_card_life")
        ),
        sa.CheckConstraint("number BETWEEN 1 AND 999", name=op.f("ck_card_number")),
        sa.ForeignKeyConstraint(["loop_id"], ["loop.id"], name=op.f("fk_card_loop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sa.UniqueConstraint("code", name=op.f("uq_card_code")),
    )
    op.create_index(op.f("ix_card_loop_id"), "card", ["loop_id"], unique=False)
    op.create_index(
        "uq_card_position",
        "card",
        ["loop_id", "number"],
        unique=True,
        sqlite_where=sa.text("life <> 'retired'"),
        postgresql_where=sa.text("life <> 'retired'"),
    )
    op.create_table(
        "replenishment",
        sa.Column("id", row_id, nullable=False),
        sa.Column("card_id", row_id, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("order_line_id", row_id, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("signalled_at", sa.BigInteger(), nullable=False),
        sa.Column("signal_event_id", row_id, nullable=False),
        sa.Column("urgent", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('received', 'short', 'withdrawn', 'cancelled', 'elsewhere')",
            name=op.f("ck_replenishment_outcome"),
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_replenishment_closed")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_replenishment_quantity")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_replenishment_card_id")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_replenishment_order_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["signal_event_id"], ["event.id"], name=op.f("fk_replenishment_signal_event_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replenishment")),
        sa.UniqueConstraint("card_id", "cycle", name=op.f("uq_replenishment_card_id_cycle")),
        sa.UniqueConstraint("signal_event_id", name=op.f("uq_replenishment_signal_event_id")),
    )
    op.create_index(op.f("ix_replenishment_order_line_id"), "replenishment", ["order_line_id"], unique=False)
    op.create_index(
        "uq_replenishment_one_open",
        "replenishment",
        ["card_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "receipt",
        sa.Column("id", row_id, nullable=False),
        sa.Column("order_line_id", row_id, nullable=False),
        sa.Column("replenishment_id", row_id, nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("over", sa.BigInteger(), nullable=False),
        sa.Column("delivery_note", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_receipt_quantity")),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_receipt_order_line_id")),
        sa.ForeignKeyConstraint(
            ["replenishment_id"], ["replenishment.id"], name=op.f("fk_receipt_replenishment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    op.create_index(op.f("ix_receipt_order_line_id"), "receipt", ["order_line_id"], unique=False)

    _refuse_changes_of_the_journal()


def _refuse_changes_of_the_journal() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in REFUSALS:
            op.execute(
                f"CREATE TRIGGER event_{change.lower()} BEFORE {change} ON event"
                " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
            )
        op.execute(  # INSERT OR REPLACE would replace a row without asking the trigger on DELETE
            "CREATE TRIGGER event_replace BEFORE INSERT ON event WHEN EXISTS (SELECT 1 FROM event"
            " WHERE id >= NEW.id OR key = NEW.key OR prev_hash = NEW.prev_hash)"
            " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_journal_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_journal_change()"
    )
