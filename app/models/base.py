"""What all tables share: constraint names, enum columns that both databases check, and generated keys."""

from enum import StrEnum
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

# Named from the first migration on, so that both databases can drop what they made.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Stands for "no unit" in keys that must not hold NULL: SQLite and PostgreSQL count NULLs as distinct in unique indexes.
NO_ID = UUID(int=0)


def enum_column(kind: type[StrEnum], name: str, *, nullable: bool = False, **options: Any) -> Any:
    """A text column holding the enum's values, checked by the database."""
    return sa.Column(
        sa.Enum(
            kind,
            native_enum=False,
            create_constraint=True,
            length=24,
            name=name,
            values_callable=lambda members: [member.value for member in members],
        ),
        nullable=nullable,
        **options,
    )


def json_column(**options: Any) -> Any:
    """A JSON document, replaced whole and never changed in place."""
    return sa.Column(sa.JSON, nullable=False, **options)


def table_of(model: type[SQLModel]) -> sa.Table:
    """The plain table of a model, for statements that are built once and run often."""
    return cast(sa.Table, sa.inspect(model).local_table)
