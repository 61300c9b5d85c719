"""The tables of alerts: what needs somebody, who was told of it, and how each person wants to be told."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kanban.db import Base, Moment, RowId

HOW = ("at_once", "digest", "off")


class Alert(Base):
    """One thing that needs somebody, open until its cause is gone.

    ``about`` names the cause, such as ``line:12``; ``facts`` (JSON) are what its sentence says. Times UTC.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_one_open",
            "kind",
            "about",
            unique=True,
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("ix_alert_resolved_at", "resolved_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(60))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("order.id"))
    path: Mapped[str] = mapped_column(String(100))
    facts: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(Moment)
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    taken_at: Mapped[datetime | None] = mapped_column(Moment)


class Notice(Base):
    """A person was told of an alert; ``delivery_id`` is the message in which."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_person_id", "person_id", "at"),)

    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)


class NoticeChoice(Base):
    """How a person wants to be told of one kind; the usual way where there is no row."""

    __tablename__ = "notice_choice"
    __table_args__ = (CheckConstraint(f"how IN {HOW}", name="how"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    how: Mapped[str] = mapped_column(String(10))


class NoticeSettings(Base):
    """Where and at which hour a person is told; ``told_on`` is the day of the last digest."""

    __tablename__ = "notice_settings"
    __table_args__ = (CheckConstraint("length(digest_at) = 5", name="digest_at"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    email: Mapped[str] = mapped_column(String(200), default="")
    push: Mapped[bool] = mapped_column(default=True)
    digest_at: Mapped[str] = mapped_column(String(5), default="07:00")
    language: Mapped[str] = mapped_column(String(10), default="")
    told_on: Mapped[date | None]


class CalendarFeed(Base):
    """The secret address of a person's calendar of expected deliveries; its token is kept as SHA-256."""

    __tablename__ = "calendar_feed"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
