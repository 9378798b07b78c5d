"""What is printed of a vote: its posters as PDF, and the certificate of a final result as a page and as PDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from app.dependencies import MemberVisit, SecretDep, SessionDep, SettingsDep
from app.routers.codes import drawn_code, is_local
from app.rules.outcomes.certificates import grouped
from app.services.outcomes import posters
from app.services.outcomes.posters import Sheet
from app.services.outcomes.printing import KEY_WORDS, SIZES, draw_sheet
from app.services.votes.signing import signer
from app.templating import page

router = APIRouter(prefix="/e/{slug}/votes/{vote_id}")

Size = Annotated[str, Query(max_length=4)]


@dataclass(frozen=True, slots=True)
class CertificatePage:
    """The certificate on a page; `local` warns that other telephones cannot reach the address in the code."""

    sheet: Sheet
    hash_groups: tuple[str, ...]
    key_words: str
    fingerprint: str
    code: Markup
    host: str
    local: bool
    address: str


@router.get("/posters/{kind}.pdf")
def print_poster(
    visit: MemberVisit,
    session: SessionDep,
    settings: SettingsDep,
    secret: SecretDep,
    vote_id: UUID,
    kind: str,
    size: Size = "a4",
) -> Response:
    sheet = posters.sheet_of(
        session, estate_id=visit.estate.id, vote_id=vote_id, kind=posters.poster_kind(kind)
    )
    return _pdf(visit, settings, secret, sheet, size, f"{kind}-{sheet.text_hash[:8]}")


@router.get("/certificate.pdf")
def print_certificate(
    visit: MemberVisit,
    session: SessionDep,
    settings: SettingsDep,
    secret: SecretDep,
    vote_id: UUID,
    size: Size = "a4",
) -> Response:
    sheet = posters.certificate_of(session, estate_id=visit.estate.id, vote_id=vote_id)
    return _pdf(visit, settings, secret, sheet, size, f"certificate-{sheet.text_hash[:8]}")


@router.get("/certificate")
def show_certificate(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    settings: SettingsDep,
    secret: SecretDep,
    vote_id: UUID,
) -> HTMLResponse:
    sheet = posters.certificate_of(session, estate_id=visit.estate.id, vote_id=vote_id)
    root = settings.public_url.rstrip("/")
    data = CertificatePage(
        sheet=sheet,
        hash_groups=tuple(grouped(sheet.text_hash).split(" ")),
        key_words=KEY_WORDS,
        fingerprint=signer(secret).fingerprint,
        code=drawn_code(f"{root}/e/{visit.estate.slug}/{sheet.page}"),
        host=urlsplit(root).netloc,
        local=is_local(root),
        address=f"/e/{visit.estate.slug}/votes/{vote_id}",
    )
    return page(request, "votes/certificate.html", data, estate=visit.estate, tab="votes")


def _pdf(
    visit: MemberVisit, settings: SettingsDep, secret: SecretDep, sheet: Sheet, size: str, name: str
) -> Response:
    root = settings.public_url.rstrip("/")
    content = draw_sheet(
        sheet,
        size=size if size in SIZES else "a4",
        root=f"{root}/e/{visit.estate.slug}",
        host=urlsplit(root).netloc,
        estate=visit.estate.name,
        fingerprint=signer(secret).fingerprint,
    )
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )
