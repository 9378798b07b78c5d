"""Policies of PostgreSQL that keep the rows of an estate to its requests (decision 0025)."""

from collections.abc import Iterable

from alembic import op

# A scalar sub-select is asked once in a statement, not once a row. Without a setting it is null, and every row is seen; so
# is, always, a row that is no one estate's.
_MINE = (
    "coalesce(estate_id = (SELECT nullif(current_setting('haoshangliang.estate', true), '')::uuid), true) "
    "OR estate_id = '00000000-0000-0000-0000-000000000000'::uuid"
)


def confine(tables: Iterable[str]) -> None:
    """Every table with an `estate_id` gets the policy; on SQLite there is none."""
    if op.get_bind().dialect.name == "postgresql":
        for table in tables:
            # Forced, because the app's role owns the tables.
            op.execute(
                f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; "
                f"CREATE POLICY of_estate ON {table} FOR ALL USING ({_MINE}) WITH CHECK ({_MINE})"
            )


def release(tables: Iterable[str]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in tables:
            op.execute(
                f"DROP POLICY of_estate ON {table}; "
                f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"
            )
