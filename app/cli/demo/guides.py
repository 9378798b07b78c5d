"""The demo's policy cards, which a party member explains: some beside the vote and the talk, one due to be checked, and questions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session, select

from app.cli.demo.guide_cards import ASKED, BESIDE_TALK, BESIDE_VOTE, CARDS, WAITING, Card
from app.cli.demo.people import named, owner_of
from app.cli.demo.stage import Stage, at
from app.models.deliberations import Thread
from app.models.votes import Vote
from app.rules.accounts import Duty
from app.rules.guides.cards import CardText, today_of
from app.rules.guides.library import starter_of
from app.rules.guides.links import SubjectKind
from app.services.guides import asking, linking, marking, writing
from app.services.guides.linking import Subject
from app.services.guides.staff import Explainer


def tell(stage: Stage) -> None:
    """Cards first, then where they stand, then what readers say and ask."""
    with stage.database.transaction() as session:
        explainer = Explainer(named(session, "郑晓岚"), Duty.EXPLAINER.value)
        cards = {card.key: _publish(session, stage, explainer, card) for card in CARDS}
        vote = session.exec(select(Vote).where(Vote.title == "3号楼1单元加装电梯")).one()
        thread = session.exec(select(Thread)).one()
        beside = Subject(SubjectKind.VOTE, vote.id, vote.title)
        for keys, subject, day in ((BESIDE_VOTE, beside, -19), (BESIDE_TALK, _subject(thread), -12)):
            for key in keys:
                linking.attach_card(
                    session,
                    estate_id=stage.estate_id,
                    guide_id=cards[key],
                    link_id=uuid4(),
                    subject=subject,
                    reason="",
                    explainer=explainer,
                    now=at(stage.now, day, 9),
                )
        _read(session, stage, cards)
        _ask(session, stage, cards, explainer)


def _subject(thread: Thread) -> Subject:
    return Subject(SubjectKind.THREAD, thread.id, thread.title)


def _publish(session: Session, stage: Stage, explainer: Explainer, card: Card) -> UUID:
    starter = starter_of(card.key)
    assert starter
    when = at(stage.now, card.published, 15)
    today = today_of(when)
    body = starter.body
    for blank, words in card.changes:
        body = body.replace(blank, words)
    text = CardText(
        kind=starter.kind,
        title=starter.title,
        body=body,
        source=card.source or starter.source,
        reference=card.reference or starter.reference,
        address="",
        source_date=starter.source_date or date(2025, 3, 1),
        checked_on=today,
        review_after=today_of(stage.now) + timedelta(days=card.review),
    )
    guide_id = uuid4()
    where: dict[str, Any] = {
        "estate_id": stage.estate_id,
        "guide_id": guide_id,
        "explainer": explainer,
        "now": when,
    }
    writing.start_card(session, **where, text=text)
    writing.publish_card(session, **where, revision=1, reason="")
    return guide_id


def _read(session: Session, stage: Stage, cards: dict[str, UUID]) -> None:
    """Most find them useful; one card is hard for somebody."""
    for place, (home, key) in enumerate(
        (
            ("1-1-601", "elevator_vote"),
            ("5-2-501", "elevator_vote"),
            ("1-2-402", "cost_sharing"),
            ("5-1-102", "warranty"),
        )
    ):
        marking.mark_card(
            session,
            estate_id=stage.estate_id,
            guide_id=cards[key],
            account_id=owner_of(session, stage, home).id,
            mark="unclear" if key == "cost_sharing" else "useful",
            text="“专有部分面积所占比例”是怎么算的？" if key == "cost_sharing" else "",
            now=at(stage.now, -11, 10 + place),
        )


def _ask(session: Session, stage: Stage, cards: dict[str, UUID], explainer: Explainer) -> None:
    where: dict[str, Any] = {"estate_id": stage.estate_id}
    for who, key, text, answer, source, day in ASKED:
        question_id = uuid4()
        asker = owner_of(session, stage, who) if "-" in who else named(session, who)
        asking.ask(
            session,
            **where,
            question_id=question_id,
            guide_id=cards[key] if key else None,
            text=text,
            asker_id=asker.id,
            now=at(stage.now, day, 19),
        )
        asking.answer(
            session,
            **where,
            question_id=question_id,
            text=answer,
            source=source,
            explainer=explainer,
            now=at(stage.now, day + 1, 10),
        )
    asking.ask(
        session,
        **where,
        question_id=uuid4(),
        guide_id=None,
        text=WAITING,
        asker_id=owner_of(session, stage, "5-2-301").id,
        now=at(stage.now, -1, 20),
    )
