"""Where one is signed in: see the devices, sign out one of them or all."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import Now, PersonDep, SessionDep, SettingsDep, session_cookie
from app.routers.accounts.door import drop_cookie, renew_visitor
from app.routers.accounts.frames import my_page
from app.routers.forms import see_other
from app.services.accounts.sessions import Device, end_all, end_session, list_devices

router = APIRouter()


@dataclass(frozen=True, slots=True)
class DevicesPage:
    devices: tuple[Device, ...]


@router.get("/me/devices")
def show_devices(request: Request, person: PersonDep, session: SessionDep, now: Now) -> Response:
    found = list_devices(session, account_id=person.account_id, current=person.session_id, now=now)
    return my_page(request, session, person, "accounts/devices.html", DevicesPage(devices=tuple(found)))


@router.post("/me/devices/{session_id}/end")
def end_device(
    request: Request,
    session_id: UUID,
    person: PersonDep,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
) -> Response:
    end_session(session, account_id=person.account_id, session_id=session_id, now=now)
    if session_id == person.session_id:
        return _outside(request, session_cookie(settings))
    return see_other("/me/devices")


@router.post("/me/devices/end-all")
def end_all_devices(
    request: Request, person: PersonDep, session: SessionDep, now: Now, settings: SettingsDep
) -> Response:
    end_all(session, account_id=person.account_id, now=now)
    return _outside(request, session_cookie(settings))


def _outside(request: Request, cookie: str) -> Response:
    response = see_other("/sign-in")
    drop_cookie(request, response, cookie)
    renew_visitor(request, response)
    return response
