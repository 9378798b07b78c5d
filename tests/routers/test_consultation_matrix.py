"""Who may do what in a deliberation, in every stage: each deed tried by each person, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.models.accounts import LoginSession
from app.rules.deliberations.stages import Stage
from app.services.deliberations.statements import draft_statement

NOTICE, OPINIONS, MEETING, CONSENSUS, CLOSED = Stage
TALKING = {OPINIONS, MEETING}
ALWAYS = set(Stage)
NEIGHBOURS = {"qian_er", "li_na", "wang_wei"}
# Who has a voice without a home: the property manager answers for his work, an auditor only reads.
SPEAKERS = NEIGHBOURS | {"ma_chao", "zhao_min", "chen_jie"}
MODERATORS = {"zhao_min", "chen_jie"}
PEOPLE = ("nobody", "stranger", "zhou_tao", "sun_li", *sorted(SPEAKERS))

# Deed -> who may do it, and in which stages. wang_wei wrote the first post, so he neither likes, reports nor answers for it.
MAY = {
    "post": (SPEAKERS, TALKING),
    "reply": (SPEAKERS, TALKING),
    "like": (SPEAKERS - {"wang_wei"}, TALKING),
    "mark": (NEIGHBOURS, TALKING | {CONSENSUS}),
    "statement": (MODERATORS, TALKING),
    "summary": (MODERATORS, ALWAYS - {CLOSED}),
    "answer": ({"chen_jie"}, TALKING | {CONSENSUS}),
    "minutes": ({"chen_jie"}, {MEETING, CONSENSUS, CLOSED}),
    "report": (SPEAKERS - {"wang_wei"}, ALWAYS),
    "warn": (MODERATORS, ALWAYS),
}


def forms(world, talk) -> dict[str, tuple[str, dict[str, str]]]:
    """Each deed as the form that does it."""
    thread = f"/e/{world.slug}/deliberations/{talk.id}"
    desk = f"/desk/{world.slug}"
    return {
        "post": (f"{thread}/posts", {"id": str(uuid4()), "text": "我也说一句。", "stance": "concern"}),
        "reply": (f"{thread}/posts/1/reply", {"id": str(uuid4()), "text": "回您一句。"}),
        "like": (f"{thread}/posts/1/like", {"on": "yes"}),
        "mark": (f"{thread}/statements/1/mark", {"mark": "agree"}),
        "statement": (
            f"{desk}/deliberations/{talk.id}/statements",
            {"id": str(uuid4()), "text": "各层分摊应当公示", "from_seq": ""},
        ),
        "summary": (f"{thread}/summary", {"summary": "目前主要担心噪音。"}),
        "answer": (
            f"{thread}/posts/1/answer",
            {"answer_seq": "2", "source": "GB/T 7588.1—2020"},
        ),
        "minutes": (f"{desk}/deliberations/{talk.id}/minutes/start", {"id": str(uuid4())}),
        "report": (f"{thread}/posts/1/report", {"why": "off_topic", "words": ""}),
        "warn": (
            f"{desk}/moderation/posts/1?thread={talk.id}",
            {"id": str(uuid4()), "act": "warn", "reason": "请就事论事，不要影射邻居。"},
        ),
    }


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("person", PEOPLE)
def test_each_deed_is_done_by_those_who_may_and_in_its_stages_only(
    person, stage, world, talk, web, database, clock
) -> None:
    with database.transaction() as session:
        talk.post(session, world.wang_wei, "电梯会不会很吵？", stance="question")
        talk.post(session, world.li_na, "国标有上限。")
        draft_statement(
            session,
            **talk.where,
            statement_id=uuid4(),
            text="电梯装在单元北侧",
            from_seq=0,
            actor=talk.committee,
            now=talk.begins[OPINIONS] + timedelta(hours=2),
        )
        session.connection().execute(sa.update(LoginSession).values(seen_at=talk.begins[stage]))
    clock.instant = talk.begins[stage] + timedelta(minutes=5)
    browser = web(None if person == "nobody" else world.people[person])
    done = set()
    for deed, (path, form) in forms(world, talk).items():
        clock.instant += timedelta(minutes=3)  # nobody is refused for being fast
        answer = browser.post(path, form)
        if answer.status_code == 303 and "/sign-in" not in answer.headers["location"]:
            done.add(deed)
        else:
            assert answer.status_code in {303, 401, 403, 404, 409, 422}, f"{deed}: {answer.status_code}"
    assert done == {deed for deed, (who, when) in MAY.items() if person in who and stage in when}
