"""The one model of an order that every channel writes: mail, call sheet, CSV, UBL, cXML, webhook."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from kanban import alerts, answers, config, outbox, people, photos, shop
from kanban.config import Settings
from kanban.languages import sentence
from kanban.orders import Order
from kanban.outbox import Claim, SupplierChannel
from kanban.reports import orders as reports
from kanban.reports.orders import Amounts, LineView
from kanban.senders.parcel import Refused
from kanban.suppliers import Supplier

SAMPLE_NUMBER = "PO-TEST"
HEAVIEST_LOGO = 60_000  # bytes


@dataclass(frozen=True)
class Party:
    """A firm or a place: its name, and its address as lines of text; ``country`` by ISO 3166 or empty."""

    name: str
    lines: tuple[str, ...] = ()
    country: str = ""


@dataclass(frozen=True)
class PurchaseLine(Amounts):
    """One line. ``quantity`` in units, ``packs`` of ``pack_size`` units each; prices per unit, or unknown."""

    number: int
    sku: str
    supplier_sku: str
    name: str
    unit: str
    quantity: Decimal
    pack_size: Decimal
    unit_price: Decimal | None
    wanted: date | None


@dataclass(frozen=True)
class Purchase:
    """An order as its supplier reads it. ``released_by`` is empty where a rule released it."""

    number: str
    message_id: str
    released_at: datetime
    buyer: Party
    supplier: Party
    ship_to: Party
    lines: tuple[PurchaseLine, ...]
    currency: str
    customer_number: str
    released_by: str
    is_test: bool
    is_cancellation: bool
    chosen: SupplierChannel
    answer_to: str = ""
    """The mail address of the person who released it, where they have given one."""
    cancels: str = ""
    """For a cancellation: the number under which the order itself was sent."""

    letterhead: shop.Letterhead = field(default_factory=shop.Letterhead)
    logo: bytes = b""

    @property
    def total(self) -> Decimal | None:
        """The sum of all lines; none where a price is unknown."""
        totals = [line.total for line in self.lines]
        return None if None in totals else sum((each for each in totals if each is not None), Decimal(0))

    @property
    def wanted(self) -> date | None:
        """The first day on which something is wanted."""
        return min((line.wanted for line in self.lines if line.wanted), default=None)


def of_claim(session: Session, claim: Claim, settings: Settings) -> Purchase:
    """The order that a delivery hands over; an example for a test. Raises :class:`Refused`."""
    if claim.order_id is None:
        return sample(session, claim, settings)
    order = reports.with_lines(session, claim.order_id)
    if order is None or order.number is None or order.released_at is None:
        raise Refused(sentence("this order was never released"))
    purchase = of_order(session, order, settings, message_id=claim.message_id)
    sent = [each.message_id for each in outbox.of_order(session, claim.order_id) if each.kind == "order"]
    return replace(
        purchase,
        is_test=claim.kind == "test",
        is_cancellation=claim.kind == "cancellation",
        cancels=sent[-1] if sent else "",
    )


def answer_url(session: Session, order_id: int, settings: Settings) -> str:
    """The address on which the supplier answers an order without an account."""
    link = answers.link_of(session, order_id)
    return f"{settings.base_url}/s/{answers.token(link, config.secret_key(settings.data))}"


def sample(session: Session, claim: Claim, settings: Settings) -> Purchase:
    """An example for a supplier that has had no order yet: one line."""
    supplier = session.get(Supplier, claim.supplier_id) if claim.supplier_id else None
    if supplier is None:
        raise Refused(sentence("this delivery names neither an order nor a supplier"))
    ours = _party(shop.get(session).name, shop.get(session).address)
    wanted = claim.created_at.date() + timedelta(days=supplier.lead_time)
    screw = PurchaseLine(
        1,
        "M8X40",
        "B-100",
        "Hexagon screw M8 × 40",
        "pcs",
        Decimal(200),
        Decimal(100),
        Decimal("0.12"),
        wanted,
    )
    return Purchase(
        SAMPLE_NUMBER, claim.message_id, claim.created_at, ours, _supplier(supplier), ours, (screw,),
        settings.currency, supplier.customer_number, "", True, False, outbox.of_supplier(session, supplier),
    )  # fmt: skip


def of_order(
    session: Session, order: Order, settings: Settings, *, message_id: str = "", at: datetime | None = None
) -> Purchase:
    """An order loaded by :func:`kanban.reports.orders.with_lines`; a draft as it would leave ``at`` now."""
    ours = shop.get(session)
    views = [view for view in reports.line_views(session, order) if view.quantity > 0]
    buyer = session.get(people.Person, order.released_by) if order.released_by else None
    released_at = order.released_at or at
    assert released_at is not None, "a draft needs to know when it is looked at"
    return Purchase(
        number=order.number or "",
        message_id=message_id,
        released_at=released_at,
        buyer=_party(ours.name, ours.address),
        supplier=_supplier(order.supplier),
        ship_to=_ship_to(order, ours),
        lines=tuple(_line(number, view) for number, view in enumerate(views, start=1)),
        currency=settings.currency,
        customer_number=order.supplier.customer_number,
        released_by=buyer.name if buyer else "",
        is_test=False,
        is_cancellation=False,
        chosen=outbox.of_supplier(session, order.supplier),
        answer_to=alerts.choices_of(session, buyer).email if buyer else "",
        letterhead=shop.letterhead(session),
        logo=_logo(session, ours),
    )


def _logo(session: Session, ours: shop.Shop) -> bytes:
    """The logo as JPEG; the small one where the large one would make every mail heavy."""
    if ours.logo_photo_id is None:
        return b""
    for small in (False, True):
        found = photos.content(session, ours.logo_photo_id, small=small)
        if found and (small or len(found[1]) <= HEAVIEST_LOGO):
            return found[1]
    return b""


def _line(number: int, view: LineView) -> PurchaseLine:
    return PurchaseLine(
        number, view.sku, view.supplier_sku, view.name, view.unit, view.quantity, view.pack_size,
        view.unit_price, view.due,
    )  # fmt: skip


def _supplier(supplier: Supplier) -> Party:
    return _party(supplier.name, supplier.address, supplier.country)


def _ship_to(order: Order, ours: shop.Shop) -> Party:
    site = order.ship_to
    return _party(ours.name, f"{site.name}\n{site.address or ours.address}")


def _party(name: str, address: str, country: str = "") -> Party:
    lines = [line.strip() for line in address.splitlines()]
    return Party(name, tuple(dict.fromkeys(line for line in lines if line and line != name)), country)
