"""Send orders."""

revision = "0003_send_orders"
down_revision = "0002_pair_phones"


def upgrade() -> None:
    """Nothing yet."""
