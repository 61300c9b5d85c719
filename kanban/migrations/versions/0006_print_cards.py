"""Print cards: photos."""

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
    with op.batch_alter_table("item") as item:
        item.add_column(sa.Column("photo_id", row_id, nullable=True))
        item.create_foreign_key(op.f("fk_item_photo_id"), "photo", ["photo_id"], ["id"])
    with op.batch_alter_table("delivery_note") as note:
        note.add_column(sa.Column("photo_id", row_id, nullable=True))
        note.create_foreign_key(op.f("fk_delivery_note_photo_id"), "photo", ["photo_id"], ["id"])
    with op.batch_alter_table("problem") as problem:
        problem.add_column(sa.Column("photo_id", row_id, nullable=True))
        problem.create_foreign_key(op.f("fk_problem_photo_id"), "photo", ["photo_id"], ["id"])
