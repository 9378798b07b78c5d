"""Owners with their telephone numbers, from the cells in which both are written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from app.errors import N_, Invalid
from app.rules.estates.cells import filled, is_formula
from app.rules.estates.names import MAX_NAME, split_names
from app.rules.estates.rows import OwnerCell, ReadPhone

MAX_TEXT = 500

_SEPARATOR = re.compile(r"[、,/;\n|或&\\]+")
_NO_PHONE = re.compile(r"(?:无|没有|未留|未提供|不详|未知|暂无|空号|拒绝提供|无电话|无手机|无号码)")
_LABEL = re.compile(r"[\u3400-\u9fff:()\[\]【】]+")
_MOBILE = re.compile(r"(?:(?:\+|00)?86[- ]?)?1[3-9][0-9](?:[- ]?[0-9]{4}){2}")
_EXTENSION = re.compile(r"转[- ]?[0-9]{1,6}$")
_MOBILE_E164 = re.compile(r"\+861[3-9][0-9]{9}")

TOO_MANY_PHONES = N_("电话比业主多，多出的 %(count)d 个没有采用，请核对")


def read_owners(
    names: Sequence[str], phones: Sequence[str], read_phone: ReadPhone
) -> tuple[tuple[OwnerCell, ...], str, int]:
    """The owners, the notes that stood behind their names, and how many numbers stayed unused.

    Numbers belong to owners in the order written; with fewer numbers the last owners have none. One owner
    keeps one number, a mobile one before a landline, because that is what he can sign in with.
    Raises `Invalid` (fields `owner`, `phone`).
    """
    if len(names) == len(phones) > 1:
        pairs = [_read_pair(name, phone, read_phone) for name, phone in zip(names, phones, strict=True)]
    else:
        pairs = [_read_pair("、".join(map(filled, names)), "、".join(map(filled, phones)), read_phone)]
    owners = dict.fromkeys(owner for found, _, _ in pairs for owner in found)
    return tuple(owners), "；".join(note for _, note, _ in pairs if note), sum(spare for _, _, spare in pairs)


def _read_pair(names: str, phones: str, read_phone: ReadPhone) -> tuple[tuple[OwnerCell, ...], str, int]:
    found, note = split_names(_checked(names, "owner"))
    for name in found:
        _check_name(name)
    numbers = split_phones(_checked(phones, "phone"), read_phone)
    spare = max(0, len(numbers) - len(found))
    if len(found) == 1 and spare:
        numbers.sort(key=lambda number: not _MOBILE_E164.fullmatch(number))
    return tuple(OwnerCell(*pair) for pair in zip_longest(found, numbers[: len(found)])), note, spare


def _checked(text: str, field: str) -> str:
    if len(text) > MAX_TEXT:
        raise Invalid(N_("“%(text)s…”太长，最多 %(limit)d 个字"), field=field, text=text[:20], limit=MAX_TEXT)
    if any(is_formula(part) for part in text.split("、")):
        raise Invalid(N_("这一格是公式，系统不计算公式，请改成文字"), field=field)
    return text


def _check_name(name: str) -> None:
    if len(name) > MAX_NAME:
        raise Invalid(
            N_("姓名“%(name)s…”太长，最多 %(limit)d 个字"), field="owner", name=name[:20], limit=MAX_NAME
        )
    if re.search(r"[0-9]{7,}", name):
        raise Invalid(N_("业主一栏里有号码，请移到电话一栏"), field="owner")


def split_phones(text: str, read_phone: ReadPhone) -> list[str]:
    """Every number in the cell, normalised; raises `Invalid` (field `phone`) when a piece cannot be read."""
    numbers: list[str] = []
    for piece in _SEPARATOR.split(filled(text)):
        if not piece.strip() or _NO_PHONE.fullmatch(piece.strip()):
            continue
        read = _read_piece(piece, read_phone)
        if not read:
            raise Invalid(
                N_("电话“%(text)s”读不出来，请写成 13800000000 或 0512-65550000"),
                field="phone",
                text=piece.strip()[:40],
            )
        numbers.extend(read)
    return list(dict.fromkeys(numbers))


def _read_piece(piece: str, read_phone: ReadPhone) -> list[str]:
    plain = _LABEL.sub(" ", _EXTENSION.sub("", piece)).strip()
    if whole := read_phone(plain):
        return [whole]
    # Two numbers with only a space between them, each perhaps spaced itself.
    for parts in (plain.split(), _MOBILE.findall(plain)):
        numbers = [read_phone(part) for part in parts]
        if "".join(parts).replace(" ", "") == plain.replace(" ", "") and all(numbers):
            return [number for number in numbers if number]
    return []
