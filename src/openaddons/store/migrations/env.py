"""Alembic's environment: the connection comes from `openaddons.store.schema`."""

from alembic import context

from openaddons.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
