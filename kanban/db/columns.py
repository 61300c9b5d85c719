"""The base of all tables, and the column types: fixed-point numbers and moments."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Dialect, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator


class Base(DeclarativeBase):
    """All tables of the product."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class _FixedPoint(TypeDecorator[Decimal]):
    """A decimal number kept as an integer of its smallest unit, so that no float ever touches it."""

    impl = BigInteger
    cache_ok = True
    places: int

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError("quantities and money are Decimal, never float")
        scaled = Decimal(value).scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.places} decimals")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.places)


class Quantity(_FixedPoint):
    """Units of an item, to three decimals; kept as thousandths."""

    cache_ok = True
    places = 3


class Money(_FixedPoint):
    """An amount of the shop's currency, to four decimals (unit prices need them)."""

    cache_ok = True
    places = 4


class Moment(TypeDecorator[datetime]):
    """A point in time: UTC, kept as milliseconds since 1970, alike in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_milliseconds(value)


RowId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in INTEGER columns


def to_milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC of an aware moment; a naive one is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone")
    return round(moment.timestamp() * 1000)


def from_milliseconds(value: int) -> datetime:
    """The aware UTC moment of milliseconds since 1970."""
    seconds, milliseconds = divmod(value, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)


def to_thousandths(quantity: Decimal) -> int:
    """What a :class:`Quantity` column holds for ``quantity``, for hand-written statements."""
    return int(quantity.scaleb(Quantity.places))


def from_thousandths(value: int) -> Decimal:
    """The quantity that a :class:`Quantity` column means, for hand-written statements."""
    return Decimal(value).scaleb(-Quantity.places)
