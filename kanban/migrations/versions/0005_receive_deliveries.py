"""Receive deliveries."""

revision = "0005_receive_deliveries"
down_revision = "0004_answer_orders"


def upgrade() -> None:
    """Nothing yet."""
