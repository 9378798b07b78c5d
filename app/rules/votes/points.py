"""The figures of a rule set that a vote or an estate's own rules may set, as typed, checked, and compared with a set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final

from app.errors import N_, Invalid
from app.rules.votes.clashes import ClashRule
from app.rules.votes.rulesets import NATIONAL, BallotMode, Inclusion, RuleSet, SpoiledRule
from app.rules.votes.states import ChangeRule

# Every point on which rules may differ, in the order people ask about them. The shares of Civil Code art. 278 are not among them.
POINTS: Final[dict[str, str]] = {
    "notice_days": N_("公告天数"),
    "min_window_days": N_("投票最少几天"),
    "max_window_days": N_("投票最多几天"),
    "change": N_("投票以后能不能改"),
    "clash": N_("手机和纸质都投了，算哪一张"),
    "paper_days": N_("截止后还可以录入纸质票的天数"),
    "extension_days": N_("可以延长的天数"),
    "proxy_limit": N_("一个人最多接受几户委托"),
    "spoiled": N_("废票算不算参加投票"),
    "silent": N_("没有投票的怎样算"),
    "parking": N_("车位算不算面积和人数"),
    "storage": N_("储藏室算不算面积和人数"),
    "ballot_mode": N_("一套一票，还是一人一票"),
    "objection_days": N_("异议天数"),
}
# What the product itself offers a choice of in every vote: no rule of a place has to name it.
_FREE: Final = frozenset({"change"})
_MOST: Final = {
    "notice_days": (1, 60),
    "objection_days": (1, 60),
    "paper_days": (0, 60),
    "extension_days": (0, 90),
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one vote's terms may set; days are whole days, `proxy_limit` None is no limit."""

    notice_days: int = NATIONAL.notice_days
    objection_days: int = NATIONAL.objection_days
    change: ChangeRule = NATIONAL.change
    clash: ClashRule = NATIONAL.clash
    paper_days: int = NATIONAL.paper_days
    extension_days: int = NATIONAL.extension_days
    proxy_limit: int | None = NATIONAL.proxy_limit
    spoiled: SpoiledRule = NATIONAL.spoiled
    parking: Inclusion = NATIONAL.parking
    storage: Inclusion = NATIONAL.storage
    ballot_mode: BallotMode = NATIONAL.ballot_mode


NAMES: Final = tuple(field.name for field in fields(Figures))
_KINDS: Final[dict[str, type[StrEnum]]] = {
    "change": ChangeRule,
    "clash": ClashRule,
    "spoiled": SpoiledRule,
    "parking": Inclusion,
    "storage": Inclusion,
    "ballot_mode": BallotMode,
}


def figures_of(rules: RuleSet) -> Figures:
    """The settable figures of a set."""
    return Figures(**{name: getattr(rules, name) for name in NAMES})


def typed_of(figures: Figures) -> dict[str, str]:
    """The same as a form shows them; no limit is an empty field."""
    shown = {name: getattr(figures, name) for name in NAMES}
    return {name: "" if value is None else str(value) for name, value in shown.items()}


def read_figures(typed: Mapping[str, str], base: RuleSet) -> Figures:
    """The figures as typed; a field that the form did not have keeps the value of `base`. Raises `Invalid` at the field."""
    return Figures(
        **{name: _read(name, typed[name]) if name in typed else getattr(base, name) for name in NAMES}
    )


def _read(name: str, typed: str) -> Any:
    typed = typed.strip()
    kind = _KINDS.get(name)
    if kind is not None:
        if typed not in set(kind):
            raise Invalid(N_("请在列出的几项里选一项"), field=name)
        return kind(typed)
    if name == "proxy_limit" and not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3):
        raise Invalid(N_("请写整数，例如 15"), field=name)
    return int(typed)


def ensure_figures(figures: Figures) -> None:
    """Raise `Invalid` for days outside what can be counted."""
    for name, (least, most) in _MOST.items():
        if not least <= getattr(figures, name) <= most:
            raise Invalid(N_("天数要在 %(least)s 到 %(most)s 之间"), field=name, least=least, most=most)


def differing(figures: Figures, base: RuleSet) -> tuple[str, ...]:
    """Which figures are others than the set's and so need a text that allows them."""
    return tuple(
        name for name in NAMES if name not in _FREE and getattr(figures, name) != getattr(base, name)
    )


def with_figures(base: RuleSet, figures: Figures, *, source: str) -> RuleSet:
    """The set with these figures; `source` is said beside its own."""
    changed = {name: getattr(figures, name) for name in NAMES}
    return replace(base, **changed, source=f"{base.source}；{source}" if source else base.source)
