"""Print cards."""

revision = "0006_print_cards"
down_revision = "0005_receive_deliveries"


def upgrade() -> None:
    """Nothing yet."""
