"""A form and what may come of it: done, it leads on; refused, it comes back with everything typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from app.dependencies import SessionDep, Visit
from app.errors import NotFound, NotSignedIn, Refusal
from app.routers.refusals import sentence_of, status_of
from app.templating import page

Errors = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Attempt:
    """What came of the deed a form asked for: done while `refusal` is None."""

    refusal: Refusal | None = None


@contextmanager
def attempt(session: SessionDep) -> Iterator[Attempt]:
    """Try the deed of a form; refused, nothing of it stays and the handler shows its page again.

        with attempt(session) as tried:
            settle_task(session, ...)
        if tried.refusal:
            return task_page(..., refusal=tried.refusal)
        return see_other(address)

    What does not exist has no form to come back to, and a session that ran out has none either: those go their own way.
    """
    tried = Attempt()
    try:
        yield tried
    except (NotFound, NotSignedIn):
        raise
    except Refusal as refusal:
        session.rollback()
        tried.refusal = refusal


def errors_of(request: Request, *refusals: Refusal | None, form: str = "", row: object = "") -> Errors:
    """Each sentence with the id of the field at fault, "" for the form as a whole.

    `form` keeps apart the forms of one page, `row` the lines of a list that each have one.
    """
    return tuple(
        (_field_id(form, refusal.field, str(row)), sentence_of(request, refusal))
        for refusal in refusals
        if refusal
    )


def _field_id(form: str, field: str, row: str) -> str:
    return "-".join(part for part in (form, field, row) if part) if field else ""


def visit_page(
    request: Request,
    visit: Visit,
    template: str,
    data: Any,
    *,
    tab: str,
    staff: bool | None = None,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    """A page inside the estate; with a refusal it is the answer to a form that could not be used.

    `staff` says whose menu it has, by default that of whoever visits.
    """
    response = page(
        request,
        template,
        data,
        estate=visit.estate,
        tab=tab,
        staff=visit.standing.is_committee if staff is None else staff,
        status=status_of(refusal) if refusal else 200,
    )
    return with_wait(response, refusal)


talk_page = partial(visit_page, tab="talk")


def with_wait(response: HTMLResponse, refusal: Refusal | None) -> HTMLResponse:
    """Says how long to wait where a limit was reached."""
    if refusal and "seconds" in refusal.values:
        response.headers["Retry-After"] = str(refusal.values["seconds"])
    return response


def see_other(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303)
