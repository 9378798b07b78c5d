"""Pictures: four digits that a person can read and a simple program cannot, for the time of an alarm."""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime

from captcha.image import ImageCaptcha
from sqlmodel import Session

from app.errors import N_, Invalid, NotFound, Refusal, TooMany
from app.rules.accounts import PICTURE_LIFE
from app.services.accounts import limits as tries
from app.services.accounts.guesses import read_digits
from app.services.accounts.hashing import keyed_hash

DIGITS = 4
WIDTH, HEIGHT = 260, 100
_PAPER, _INK = (250, 248, 240), (22, 40, 84)


class _Picture(ImageCaptcha):
    """Straighter, wider apart and darker than the library's own: old eyes must read it."""

    lookup_table = [min(255, 8 * light) for light in range(256)]
    character_rotate = (-18, 18)
    word_offset_dx = 0.05


_DRAW = _Picture(width=WIDTH, height=HEIGHT, font_sizes=(72, 78, 84))


def new_picture(*, now: datetime, secret: bytes) -> str:
    """The token of a new picture. Its digits are a keyed hash of it, so they stand nowhere."""
    body = f"{secrets.token_urlsafe(12)}.{int(now.timestamp())}"
    return f"{body}.{_seal(body, secret)}"


def draw_picture(*, token: str, now: datetime, secret: bytes) -> bytes:
    """The PNG; raises `NotFound` for a token that has run out or is not ours."""
    body = _open(token, now, secret)
    if body is None:
        raise NotFound(N_("这张图已经过期，请点“看不清，换一张”"))
    return _DRAW.generate(_digits(body, secret), bg_color=_PAPER, fg_color=_INK).getvalue()


def read_picture(session: Session, *, token: str, typed: str, now: datetime, secret: bytes) -> Refusal | None:
    """None when the digits are the picture's. Right or wrong, the picture is used up: commit whatever comes back."""
    digits, body = read_digits(typed[:20]), _open(token, now, secret)
    if body is None or not digits:
        return Invalid(N_("请填写图里的 4 个数字"), code="picture", field="digits")
    try:
        tries.hit(session, key=f"picture:{body}", limit=1, window=PICTURE_LIFE, now=now)
    except TooMany:
        return _wrong()
    return None if hmac.compare_digest(digits, _digits(body, secret)) else _wrong()


def _wrong() -> Invalid:
    return Invalid(N_("和图里的数字不一样，已换了一张图，请再填一次"), code="picture", field="digits")


def _digits(body: str, secret: bytes) -> str:
    return f"{int(keyed_hash(secret, 'picture', body), 16) % 10**DIGITS:0{DIGITS}}"


def _seal(body: str, secret: bytes) -> str:
    return keyed_hash(secret, "picture-token", body)[:32]


def _open(token: str, now: datetime, secret: bytes) -> str | None:
    body, _, seal = token[:120].rpartition(".")
    if not hmac.compare_digest(seal.encode(), _seal(body, secret).encode()):
        return None
    drawn_at = datetime.fromtimestamp(int(body.rpartition(".")[2]), UTC)
    return body if now < drawn_at + PICTURE_LIFE else None
