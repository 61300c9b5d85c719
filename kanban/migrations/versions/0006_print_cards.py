"""Print cards: photos, printers, own stocks, batches, and a row for every label that was printed."""

import sqlalchemy as sa
from alembic import op

revision = "0006_print_cards"
down_revision = "0005_receive_deliveries"


row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "photo",
        sa.Column("id", row_id, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("sha256", name=op.f("uq_photo_sha256")),
    )
    with op.batch_alter_table("shop") as shop:
        shop.add_column(sa.Column("logo_photo_id", row_id, nullable=True))
        shop.create_foreign_key(op.f("fk_shop_logo_photo_id"), "photo", ["logo_photo_id"], ["id"])
    with op.batch_alter_table("item") as item:
        item.add_column(sa.Column("photo_id", row_id, nullable=True))
        item.create_foreign_key(op.f("fk_item_photo_id"), "photo", ["photo_id"], ["id"])
    with op.batch_alter_table("delivery_note") as note:
        note.add_column(sa.Column("photo_id", row_id, nullable=True))
        note.create_foreign_key(op.f("fk_delivery_note_photo_id"), "photo", ["photo_id"], ["id"])
    with op.batch_alter_table("problem") as problem:
        problem.add_column(sa.Column("photo_id", row_id, nullable=True))
        problem.create_foreign_key(op.f("fk_problem_photo_id"), "photo", ["photo_id"], ["id"])
    op.create_table(
        "printer",
        sa.Column("id", row_id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=400), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("own_symbol", sa.Boolean(), nullable=False),
        sa.Column("offset_x", sa.Integer(), nullable=False),
        sa.Column("offset_y", sa.Integer(), nullable=False),
        sa.Column("scale_x", sa.Integer(), nullable=False),
        sa.Column("scale_y", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_printer_name")),
        sa.CheckConstraint("port BETWEEN 0 AND 65535", name=op.f("ck_printer_port")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printer")),
        sa.UniqueConstraint("name_key", name=op.f("uq_printer_name_key")),
    )
    op.create_table(
        "own_stock",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_own_stock")),
    )
    op.create_table(
        "print_batch",
        sa.Column("id", row_id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("printed_at", sa.BigInteger(), nullable=True),
        sa.Column("person_id", row_id, nullable=True),
        sa.Column("device_id", row_id, nullable=True),
        sa.Column("printer_id", row_id, nullable=True),
        sa.Column("face", sa.String(length=60), nullable=False),
        sa.Column("stock", sa.String(length=60), nullable=False),
        sa.Column("stock_facts", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("languages", sa.String(length=20), nullable=False),
        sa.Column("base_url", sa.String(length=300), nullable=False),
        sa.Column("shift", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('cards', 'blank')", name=op.f("ck_print_batch_kind")),
        sa.CheckConstraint(
            "state IN ('made', 'printed', 'failed', 'cancelled')", name=op.f("ck_print_batch_state")
        ),
        sa.CheckConstraint("count > 0", name=op.f("ck_print_batch_count")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_print_batch_person_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_print_batch_device_id")),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"], name=op.f("fk_print_batch_printer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_batch")),
    )
    op.create_index(op.f("ix_print_batch_person_id"), "print_batch", ["person_id"], unique=False)
    op.create_table(
        "label_issue",
        sa.Column("id", row_id, nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("card_id", row_id, nullable=True),
        sa.Column("batch_id", row_id, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("photo_id", row_id, nullable=True),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("printed_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.String(length=10), nullable=False),
        sa.CheckConstraint("ended IN ('', 'replaced', 'void')", name=op.f("ck_label_issue_ended")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_label_issue_card_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["print_batch.id"], name=op.f("fk_label_issue_batch_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_label_issue_photo_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_issue")),
        sa.UniqueConstraint("code", name=op.f("uq_label_issue_code")),
    )
    op.create_index("ix_label_issue_card_id", "label_issue", ["card_id"], unique=False)
    op.create_index("ix_label_issue_batch_id", "label_issue", ["batch_id"], unique=False)
    with op.batch_alter_table("card") as card:
        card.add_column(
            sa.Column("reprint_because", sa.String(length=10), server_default=sa.text("''"), nullable=False)
        )
