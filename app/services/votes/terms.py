"""Votes: the terms of a draft: which rule set, what differs from it and by which text, the window, and the silent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Invalid
from app.models.votes import Vote
from app.rules.text import clean_line
from app.rules.votes.clashes import ClashRule
from app.rules.votes.localities import NATIONAL_KEY
from app.rules.votes.points import NAMES, Figures, differing, ensure_figures, with_figures
from app.rules.votes.rulesets import NATIONAL, Inclusion, RuleSet, SilentRule, SpoiledRule
from app.rules.votes.silence import Silence, read_silence
from app.rules.votes.states import ChangeRule, LegalMode
from app.services import trail
from app.services.trail import Actor
from app.services.votes.drafting import ensure_silent, get_draft
from app.services.votes.rule_texts import ChosenSet, ensure_binding, find_set

LEAST_SOURCE = 6


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules and the window as the form gives them; instants in UTC. What is not given is as in the national set."""

    legal_mode: LegalMode
    legal_basis: str
    change: ChangeRule
    notice_days: int
    objection_days: int
    rules_source: str
    opens_at: datetime
    closes_at: datetime
    rule_set: str = NATIONAL_KEY
    clash: ClashRule = NATIONAL.clash
    paper_days: int = NATIONAL.paper_days
    extension_days: int = NATIONAL.extension_days
    proxy_limit: int | None = NATIONAL.proxy_limit
    spoiled: SpoiledRule = NATIONAL.spoiled
    parking: Inclusion = NATIONAL.parking
    storage: Inclusion = NATIONAL.storage


def save_terms(session: Session, *, estate_id: UUID, vote_id: UUID, terms: Terms) -> None:
    """Store rules and window. A figure that differs from the chosen set needs the text that allows it."""
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    chosen = find_set(session, estate_id=estate_id, key=terms.rule_set)
    basis = clean_line(terms.legal_basis, most=500, field="legal_basis")
    source = clean_line(terms.rules_source, most=300, field="rules_source")
    # One ballot for each flat or for each head is the set's to say: no field of the terms changes it.
    typed = {name: getattr(terms, name) for name in NAMES if name != "ballot_mode"}
    figures = Figures(**typed, ballot_mode=chosen.rules.ballot_mode)
    _ensure_mode(terms, basis, chosen)
    ensure_figures(figures)
    ensure_binding(figures, chosen)
    if differing(figures, chosen.rules) and len(source) < LEAST_SOURCE:
        raise Invalid(N_("有和所选规则不同的地方，请写明依据的文件和条款"), field="rules_source")
    _ensure_window(terms, chosen.rules)
    rules = with_figures(chosen.rules, figures, source=source)
    silent = SilentRule.FOLLOW_MAJORITY if vote.silent else SilentRule.NONE
    vote.rules = replace(rules, silent=silent).to_json()
    survey = (LegalMode.CONSULTATION, "")  # it binds nobody, whatever was picked
    vote.legal_mode, vote.legal_basis = survey if vote.survey else (terms.legal_mode, basis)
    vote.opens_at, vote.closes_at = terms.opens_at, terms.closes_at
    session.add(vote)


def _ensure_mode(terms: Terms, basis: str, chosen: ChosenSet) -> None:
    if terms.legal_mode is LegalMode.ELECTRONIC and chosen.own_platform:
        raise Invalid(
            N_(
                "所选的地方规定互联网表决要用主管部门的系统，这里不能办正式的电子表决，请选纸质表决或征求意见"
            ),
            code="own_platform",
            field="legal_mode",
        )
    if terms.legal_mode is LegalMode.ELECTRONIC and len(basis) < LEAST_SOURCE:
        raise Invalid(N_("电子表决要写明依据：哪个文件或业主大会议事规则允许"), field="legal_basis")
    if terms.legal_mode is LegalMode.PAPER_WITH_SUPPORT and terms.clash is not ClashRule.PAPER_LOCKS:
        raise Invalid(
            N_("纸质表决以签名的纸质票为准，两样都投了的只能算纸质票"), code="paper_decides", field="clash"
        )


def _ensure_window(terms: Terms, rules: RuleSet) -> None:
    window = terms.closes_at - terms.opens_at
    if not timedelta(days=rules.min_window_days) <= window <= timedelta(days=rules.max_window_days):
        raise Invalid(
            N_("投票时间要在 %(least)s 天到 %(most)s 天之间，请调整截止时间"),
            field="closes_at",
            least=rules.min_window_days,
            most=rules.max_window_days,
        )


def set_silence(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    silence: Silence | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Let the silent join the majority, or no longer; on only with the adopted rule, and a sign-off for items 6 to 8.

    Raises `Invalid` as `rules/votes/silence.ensure_silence` does. That each home was served and that every ballot carries
    the warning is not typed here: the count reads the log of deliveries, and the pages print it.
    """
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    old, new = vote.silent, silence.to_json() if silence else {}
    vote.silent = new
    ensure_silent(vote, now=now)
    rule = SilentRule.FOLLOW_MAJORITY if silence else SilentRule.NONE
    vote.rules = replace(RuleSet.from_json(vote.rules), silent=rule).to_json()
    session.add(vote)
    if new != old:
        trail.record(
            session,
            tag="votes:silent:allow" if silence else "votes:silent:drop",
            actor=actor,
            now=now,
            estate_id=estate_id,
            subject_kind="vote",
            subject_id=vote_id,
            old=old,
            new=new,
        )


def silence_of(session: Session, vote_id: UUID) -> Silence | None:
    """On what the silent join the majority in this vote."""
    return read_silence(session.get_one(Vote, vote_id).silent)
