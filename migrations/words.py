"""Change the words an enum's column may hold, written once for both databases."""

from collections.abc import Sequence

from alembic import op


def _listed(column: str, words: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def change_words(table: str, column: str, enum: str, old: Sequence[str], new: Sequence[str]) -> None:
    """Let `column` hold the `new` words instead of the `old`; `enum` is the name the model gives it.

    No stored row changes, so SQLite is not made to copy the table, which would take its triggers and the rows that point
    to it along: the text of the constraint is replaced where SQLite keeps it, as its own manual describes.
    """
    name = f"ck_{table}_{enum}"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({_listed(column, new)})")
        return
    run = op.get_bind().exec_driver_sql
    (text,) = run("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)).one()
    before, after = _listed(column, old), _listed(column, new)
    if text.count(before) != 1:
        raise RuntimeError(f"{table} has another {name} than expected")
    version = run("PRAGMA schema_version").scalar_one()
    run("PRAGMA writable_schema=ON")
    run(
        "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?",
        (text.replace(before, after), table),
    )
    # Other connections read the schema again when its number grows, this one on RESET.
    run(f"PRAGMA schema_version={version + 1}")
    run("PRAGMA writable_schema=RESET")
