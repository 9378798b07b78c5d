"""The parameters of a request: formats, empty as absent, jurisdictions, keys, and the status of each refusal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import parse_qsl

from app.errors import N_, Invalid, NotAllowed, NotFound, Refusal, TooLarge
from app.rules.maintenance.open311.writing import Format

Parameters: TypeAlias = Mapping[str, Sequence[str]]

FORM = "application/x-www-form-urlencoded"
MOST_LISTED = 1_000
# Four thousand characters are 36 KB when each byte is escaped; the rest is short.
MOST_BODY, MOST_PARAMETERS = 256 * 1024, 1_000


def value_of(parameters: Parameters, name: str) -> str:
    """The first value that is not blank, without space around it; an empty parameter equals an absent one."""
    return next((value.strip() for value in parameters.get(name, ()) if value.strip()), "")


def list_of(parameters: Parameters, name: str) -> list[str]:
    """The different values between commas; raises `Invalid` (`too_many`) for more than a thousand."""
    found = dict.fromkeys(part.strip() for part in value_of(parameters, name).split(","))
    listed = [part for part in found if part]
    if len(listed) > MOST_LISTED:
        raise Invalid(
            N_("参数 %(name)s 一次最多列 %(most)s 个值"),
            code="too_many",
            field=name,
            name=name,
            most=MOST_LISTED,
        )
    return listed


def split_format(tail: str) -> tuple[str, Format]:
    """The resource and its format, parted at the last dot; raises `NotFound` (`unknown_format`) for another suffix."""
    resource, _, suffix = tail.rpartition(".")
    if not resource or suffix not in list(Format):
        raise NotFound(N_("地址请以 .xml 或 .json 结尾"), code="unknown_format")
    return resource, Format(suffix)


def format_of(path: str) -> Format:
    """The format a refusal is written in, whatever the path was: JSON when asked for, else XML."""
    return Format.JSON if path.endswith(".json") else Format.XML


def jurisdiction_of(parameters: Parameters, known: Collection[str]) -> str:
    """Which jurisdiction is meant; the only one without being asked.

    With several, raises `Invalid` (`no_jurisdiction`) for a missing one, `NotFound` (`unknown_jurisdiction`).
    """
    if len(known) == 1:
        return next(iter(known))
    given = value_of(parameters, "jurisdiction_id")
    if not given:
        raise Invalid(
            N_("缺少参数 jurisdiction_id，请写明是哪个小区"), code="no_jurisdiction", field="jurisdiction_id"
        )
    if given not in known:
        raise NotFound(
            N_("参数 jurisdiction_id 指的小区不存在"), code="unknown_jurisdiction", field="jurisdiction_id"
        )
    return given


def key_of(body: Parameters, query: Parameters) -> str:
    """The client's key, from the body or, as old clients send it, from the address.

    Raises `NotAllowed` (`no_key`) when there is none; whether it is right is for who knows the keys.
    """
    key = value_of(body, "api_key") or value_of(query, "api_key")
    if not key:
        raise NotAllowed(N_("提交报修需要 api_key，请先申请"), code="no_key", field="api_key")
    return key


def wrong_key() -> NotAllowed:
    return NotAllowed(N_("api_key 不对或已停用，请核对后再提交"), code="bad_key", field="api_key")


def ensure_form(content_type: str) -> None:
    """Raises `Invalid` (`bad_content_type`); a charset is neither required nor read, since all is UTF-8."""
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise Invalid(
            N_("提交的内容请用 %(form)s 格式"), code="bad_content_type", field="content-type", form=FORM
        )


def ensure_size(length: int) -> None:
    """Raises `TooLarge` for a body beyond what any report needs."""
    if length > MOST_BODY:
        raise TooLarge(
            N_("提交的内容太长，最多 %(most)s KB；照片请用 media_url 给出网址"), most=MOST_BODY // 1024
        )


def read_form(body: bytes) -> Parameters:
    """A body of `FORM`; bytes that are no UTF-8 become replacement characters. Raises `Invalid` (`too_many`)."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS
        )
    except ValueError:
        raise Invalid(N_("参数太多，一次最多 %(most)s 个"), code="too_many", most=MOST_PARAMETERS) from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def status_of(refusal: Refusal) -> int:
    """The HTTP status the contract knows: 403 for the key, 404 for what does not exist, 400 for all the rest."""
    if isinstance(refusal, NotAllowed):
        return 403
    return 404 if isinstance(refusal, NotFound) else 400
