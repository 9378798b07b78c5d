"""The Jinja environments, one per language, and `page()`: a dataclass in, HTML out."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.routing import Match

from app.clock import BEIJING
from app.errors import N_, Refusal
from app.rules.accounts import Duty, Role
from app.rules.quantities import show_area, show_money

ROOT = Path(__file__).parent
LANGUAGES = ("zh", "en")
SIZES = ("standard", "large", "huge")
THEMES = ("auto", "light", "dark")


class EstateBadge(Protocol):
    """What the frame of a page needs to know of its estate."""

    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def desk_phone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Base:
    """What the frame of every page may use; see `templates/layouts/base.html`."""

    language: str
    text_size: str
    theme: str
    path: str
    csrf: str
    signed_in: bool
    person_name: str
    estate: EstateBadge | None
    tab: str
    staff: bool
    demo: bool
    server_time: str
    unread: int
    flash: str
    desk_menu: tuple[tuple[str, str, bool], ...]


def translations(language: str) -> NullTranslations:
    """The catalogue of a language; Chinese is the source and needs none."""
    path = ROOT / "locales" / language / "LC_MESSAGES" / "messages.po"
    if language == "zh" or not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def moment(value: datetime, *, language: str) -> str:
    """Day and minute in Beijing time; seconds only when they are not zero."""
    local = value.astimezone(BEIJING)
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    if language == "en":
        return f"{local.day} {local:%b %Y} {clock}"
    return f"{local.year} 年 {local.month} 月 {local.day} 日 {clock}"


def day(value: date, *, language: str) -> str:
    """A calendar day; of an instant, the one in Beijing."""
    local = value.astimezone(BEIJING) if isinstance(value, datetime) else value
    return (
        f"{local.day} {local:%b %Y}"
        if language == "en"
        else f"{local.year} 年 {local.month} 月 {local.day} 日"
    )


def iso_moment(text: str, *, language: str) -> str:
    """The same from ISO text: a message's values are plain JSON."""
    return moment(datetime.fromisoformat(text), language=language)


def iso_until(text: str, *, language: str) -> str:
    """An exclusive end out of ISO text."""
    return until(datetime.fromisoformat(text), language=language)


def until(value: datetime, *, language: str) -> str:
    """An exclusive end as people say it: midnight is 24:00 of the day that ends (Civil Code art. 203 para. 2)."""
    local = value.astimezone(BEIJING)
    if local.time() != time():
        return moment(value, language=language)
    return f"{day(value - timedelta(seconds=1), language=language)} 24:00"


def marked(text: str, *, language: str) -> str:
    """A marked word that a page was given, translated; what somebody typed instead stays, and stays plain text.

    `_()` is for words that stand in the template: it takes `%` for a hole and believes any markup.
    """
    return translations_cached(language).gettext(text) if text else ""


def paragraphs(text: str) -> Markup:
    """Plain text as paragraphs: a blank line parts them, a line break stays one. No markup of any kind is read."""
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n")]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in block.split("\n")))
        for block in blocks
        if block
    )


@lru_cache
def _asset_hash(name: str) -> str:
    return hashlib.sha256((ROOT / "static" / name).read_bytes()).hexdigest()[:8]


def static(name: str) -> str:
    """The address of a static file, with its content's hash so that it may be cached for ever."""
    return f"/static/{name}?v={_asset_hash(name)}"


@lru_cache
def environment(language: str) -> Environment:
    env = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        # A message is plain text: `&` in a vote's title must not reach a phone as `&amp;`.
        autoescape=lambda name: not (name or "").endswith(".txt"),  # noqa: S701 — every page is escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    env.globals["static"] = static
    env.filters.update(
        moment=partial(moment, language=language),
        day=partial(day, language=language),
        until=partial(until, language=language),
        iso_moment=partial(iso_moment, language=language),
        iso_until=partial(iso_until, language=language),
        area=show_area,
        money=show_money,
        paragraphs=paragraphs,
        marked=partial(marked, language=language),
    )
    return env


def translate(message: str, values: Mapping[str, Any], language: str) -> str:
    """A marked sentence in a language, its holes filled; values that are marked words are translated too."""
    catalogue = translations_cached(language)
    shown = {
        key: translate(value.message, value.values, language) if isinstance(value, Refusal) else value
        for key, value in values.items()
    }
    text = catalogue.gettext(message)
    return text % shown if shown else text


@lru_cache
def translations_cached(language: str) -> NullTranslations:
    return translations(language)


def language_of(request: Request) -> str:
    chosen = request.cookies.get("language", "")
    return chosen if chosen in LANGUAGES else "zh"


# Where a committee's work lies, in the order of its day.
_DESK = (
    ("", N_("工作台")),
    ("/proposals", N_("议题")),
    ("/deliberations", N_("协商")),
    ("/meetings", N_("会议")),
    ("/surveys", N_("需求调查")),
    ("/guides", N_("政策")),
    ("/moderation", N_("内容审核")),
    ("/votes", N_("表决管理")),
    ("/register", N_("名册")),
    ("/claims", N_("房屋认领")),
    ("/orders", N_("维修工单")),
    ("/facilities", N_("维修台账")),
    ("/upkeep", N_("养护和巡检")),
    ("/fees", N_("物业费")),
    ("/stickers", N_("报修贴纸")),
    ("/open311", N_("开放接口")),
    ("/credits", N_("积分")),
    ("/consultation", N_("议事设置")),
    ("/trail", N_("操作记录")),
)

# And a party member's, who may hold a place on the committee as well.
_PARTY_DESK = (
    ("/duties", N_("我的职责")),
    ("/meetings", N_("会议")),
    ("/surveys/rounds", N_("上门调查")),
    ("/moderation", N_("内容审核")),
)

# Policy cards are written by the party members who explain, and by nobody else of them.
_EXPLAINER_DESK = (("/guides", N_("政策")),)

# And that of the people of a firm or an office that repairs.
_WORK_DESK = (("/orders/work", N_("我的工单")), ("/upkeep", N_("养护和巡检")), ("/fees", N_("物业费")))

# And that of who keeps the installation.
_OPERATOR_DESK = (
    ("/roles", N_("人员身份")),
    ("/clocks/calendar", N_("工作日历")),
    ("/trail", N_("操作记录")),
)


def _desk_menu(
    request: Request, estate: EstateBadge | None, *, staff: bool
) -> tuple[tuple[str, str, bool], ...]:
    if estate is None:
        return ()
    visit = getattr(request.state, "visit", None)
    roles = visit.standing.roles if visit is not None else frozenset()
    duties = visit.standing.duties if visit is not None else frozenset()
    places = [
        *(_DESK if staff and Role.COMMITTEE in roles else ()),
        *(_PARTY_DESK if Role.PARTY_MEMBER in roles else ()),
        *(_EXPLAINER_DESK if Duty.EXPLAINER in duties else ()),
        *(_WORK_DESK if Role.PARTY_STAFF in roles else ()),
        *(_OPERATOR_DESK if Role.OPERATOR in roles else ()),
    ]
    root, path, language = f"/desk/{estate.slug}", request.url.path, language_of(request)
    menu = dict.fromkeys(places)
    # One's own list lies within the list of all orders: the nearer of two entries is the current one.
    here = max((tail for tail, _ in menu if tail and path.startswith(root + tail)), key=len, default="")
    return tuple(
        (translate(text, {}, language), root + tail, tail == here if here else path == root and not tail)
        for tail, text in menu
    )


def path_to_show(request: Request) -> str:
    """Where a change of size or language comes back to: this page, or the nearest one above a form's own address."""
    path = request.url.path
    if request.method == "GET":
        return path + (f"?{request.url.query}" if request.url.query else "")
    while path:
        asked = {**request.scope, "method": "GET", "path": path}
        if any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
            return path
        path = path.rpartition("/")[0]
    return "/"


def base_of(request: Request, *, estate: EstateBadge | None, tab: str, staff: bool) -> Base:
    """The frame for this request: choices from cookies, the person from what the dependencies found."""
    state = request.state
    person = getattr(state, "person", None)
    cookies = request.cookies
    now: datetime = request.app.state.clock()
    size, theme = cookies.get("size", ""), cookies.get("theme", "")
    return Base(
        language=language_of(request),
        text_size=size if size in SIZES else "standard",
        theme=theme if theme in THEMES else "auto",
        path=path_to_show(request),
        csrf=getattr(state, "csrf", ""),
        signed_in=person is not None,
        person_name=person.name if person else "",
        estate=estate,
        tab=tab,
        staff=staff,
        demo=request.app.state.settings.demo,
        server_time=moment(now, language=language_of(request)),
        unread=person.unread if person else 0,
        flash="",
        desk_menu=_desk_menu(request, estate, staff=staff),
    )


def page(
    request: Request,
    template: str,
    data: Any,
    *,
    estate: EstateBadge | None = None,
    tab: str = "",
    staff: bool = False,
    status: int = 200,
) -> HTMLResponse:
    """Render a page. `data` is a frozen dataclass; exactly its fields, and `base`, are what the template may use."""
    values = {field.name: getattr(data, field.name) for field in fields(data)}
    values["base"] = base_of(request, estate=estate, tab=tab, staff=staff)
    html = environment(values["base"].language).get_template(template).render(values)
    response = HTMLResponse(html, status_code=status)
    visitor = getattr(request.state, "new_visitor", "")
    if visitor:
        set_cookie(request, response, "visitor", visitor, days=365)
    return response


def set_cookie(
    request: Request, response: Any, name: str, value: str, *, days: int, http_only: bool = True
) -> None:
    """One way to set a cookie: Lax, and Secure whenever the installation speaks TLS."""
    response.set_cookie(
        name,
        value,
        max_age=days * 86400,
        httponly=http_only,
        samesite="lax",
        secure=request.app.state.settings.secure_cookies,
        path="/",
    )


def render_message(template: str, values: Mapping[str, object], *, language: str = "zh") -> str:
    """The text of a message, one line, as it is sent or shown on the message page."""
    text = environment(language).get_template(f"messages/{template}.txt").render(values)
    return " ".join(text.split())


MessageRenderer = Callable[[str, Mapping[str, object]], str]
