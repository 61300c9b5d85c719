"""Alembic's door to our tables; run by ``kanban.schema`` with a connection, never by itself."""

from alembic import context

from kanban import alerts, answers, people, problems, receipts, scans, shop, subscriptions  # noqa: F401 - together they know every table
from kanban.db import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
