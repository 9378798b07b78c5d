"""Triggers that refuse a change, written once for both databases."""

from collections.abc import Iterable

from alembic import op

# name, table, event, condition on the row, sentence
Guard = tuple[str, str, str, str, str]


def only_grows(tables: Iterable[str]) -> Iterable[Guard]:
    for table in tables:
        for event in ("UPDATE", "DELETE"):
            yield f"{table}_no_{event.lower()}", table, event, "1 = 1", f"{table} only grows"


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def put_up(guards: Iterable[Guard]) -> None:
    for name, table, event, condition, sentence in guards:
        if _is_postgres():
            # A subquery may not stand in WHEN there, so the condition is tested inside the function.
            back = "OLD" if event == "DELETE" else "NEW"
            op.execute(
                f"CREATE FUNCTION guard_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {condition} THEN RAISE EXCEPTION '{sentence}'; END IF; RETURN {back}; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION guard_{name}()"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            )


def take_down(guards: Iterable[Guard]) -> None:
    for name, table, *_ in guards:
        if _is_postgres():
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION guard_{name}()")
        else:
            op.execute(f"DROP TRIGGER {name}")
