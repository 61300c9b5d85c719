"""Answer orders."""

revision = "0004_answer_orders"
down_revision = "0003_send_orders"


def upgrade() -> None:
    """Nothing yet."""
