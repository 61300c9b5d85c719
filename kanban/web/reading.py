"""The reading session of a request.

Flask-SQLAlchemy opens it when first used and closes it with the request. It works on the reader
engine, whose connections the database itself keeps from changing anything: that is how a GET
cannot write, whatever its code does.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from kanban.db import Base


class _Reading(SQLAlchemy):
    def _make_engine(self, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        engine: Engine = app.extensions["kanban"].database.reader
        return engine


reading = _Reading(
    metadata=Base.metadata,
    session_options={"expire_on_commit": False, "autoflush": False},
    disable_autonaming=True,
)


def session() -> Session:
    """The request's reading session."""
    return reading.session()
