"""Guides: who explains policy here: party members with that duty, and the committee."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import N_, NotAllowed
from app.rules.accounts import Duty
from app.services.estates.standing import Standing
from app.services.trail import Actor

COMMITTEE_BADGE = "committee"


@dataclass(frozen=True, slots=True)
class Explainer:
    """Somebody who writes cards and answers; his name and `badge` (`committee` or a duty) stand beside what he publishes."""

    actor: Actor
    badge: str

    @property
    def name(self) -> str:
        return self.actor.name[:50]


def may_explain(standing: Standing) -> bool:
    return standing.is_committee or Duty.EXPLAINER in standing.duties


def explainer_of(standing: Standing, actor: Actor) -> Explainer:
    """Raises `NotAllowed` for everybody else. Who holds both is shown in his duty: it says more of what he does here."""
    if Duty.EXPLAINER in standing.duties:
        return Explainer(actor, Duty.EXPLAINER.value)
    if standing.is_committee:
        return Explainer(actor, COMMITTEE_BADGE)
    raise NotAllowed(N_("政策卡由居委会和担任政策宣讲员的党员来写，您可以阅读和提问"))


def staff_of(standing: Standing, actor: Actor) -> Explainer:
    """Anybody of the staff in whatever duty: each may say that a card is outdated. Raises `NotAllowed` for others."""
    if may_explain(standing):
        return explainer_of(standing, actor)
    if not standing.duties:
        raise NotAllowed(N_("这里只有居委会和担任职责的党员可以标注"))
    return Explainer(actor, min(duty.value for duty in standing.duties))
