"""The Chinese words of an agreement's first draft: a document is written in one language, whoever reads the page."""

from __future__ import annotations

from collections.abc import Sequence

from app.rules.mediation.cases import Kind, Side
from app.rules.mediation.offers import OfferKind, OfferState
from app.rules.quantities import format_money
from app.services.mediation.papers import OfferView

_KINDS = {
    Kind.LIGHT: "采光",
    Kind.NOISE: "噪声",
    Kind.PRIVACY: "隐私",
    Kind.ACCESS: "通行",
    Kind.VALUE: "房屋价值",
    Kind.COST: "费用分摊",
    Kind.OTHER: "邻里事项",
}
_OFFERS = {
    OfferKind.ONE_OFF: "一次性补偿",
    OfferKind.YEARLY: "每年补偿",
    OfferKind.FREE_USE: "免费使用",
    OfferKind.NO_RUNNING_COST: "不承担运行维护费用",
    OfferKind.SOUND_INSULATION: "做隔音",
    OfferKind.GLASS: "更换或加装玻璃",
    OfferKind.MOVE_SHAFT: "移动井道位置",
    OfferKind.HALF_LANDING: "改为半层平台入户",
    OfferKind.OTHER: "其他约定",
}
_SIDES = {Side.A: "申请方", Side.B: "另一方"}


def kind_word(kind: Kind) -> str:
    return _KINDS[kind]


def draft_of(offers: Sequence[OfferView]) -> str:
    """The accepted offers as numbered clauses, the earliest first; the mediator completes them."""
    accepted = [offer for offer in reversed(offers) if offer.state is OfferState.ACCEPTED]
    return "\n".join(f"{place}. {_clause(offer)}" for place, offer in enumerate(accepted, start=1))


def _clause(offer: OfferView) -> str:
    other = _SIDES[Side.B if offer.side is Side.A else Side.A]
    money = f"人民币 {format_money(offer.amount)} 元" if offer.amount else ""
    words = f"：{offer.text}" if offer.text else ""
    return f"{_SIDES[offer.side]}提出、{other}接受：{_OFFERS[offer.kind]}{money}{words}"
