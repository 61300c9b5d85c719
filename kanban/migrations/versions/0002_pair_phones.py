"""Pair phones."""

revision = "0002_pair_phones"
down_revision = "0001_close_the_loop"


def upgrade() -> None:
    """Nothing yet."""
