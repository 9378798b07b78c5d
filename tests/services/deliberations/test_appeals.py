"""Appeals: the author's alone, once an act, decided by a clerk who did not act, and made good at once when upheld."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.deliberations import Appeal, AppealState, PostState
from app.rules.deliberations.moderation import Act
from app.services.deliberations import appeals, log, muting
from app.services.deliberations.cases import Target
from tests.fixtures.moderation import Bench
from tests.fixtures.world import Somebody

WORDS = "我说的是事实，没有骂人，请再看看"


def appeal(bench: Bench, who: Somebody, number: int = 1, text: str = WORDS, id: UUID | None = None) -> None:
    appeals.appeal(
        bench.session,
        estate_id=bench.world.estate_id,
        number=number,
        appeal_id=id or uuid4(),
        account_id=who.account_id,
        text=text,
        now=bench.now,
    )


def decide(
    bench: Bench, who: Somebody, upheld: bool | None = True, number: int = 1, reason: str = ""
) -> None:
    appeals.decide_appeal(
        bench.session,
        estate_id=bench.world.estate_id,
        number=number,
        upheld=upheld,
        order=bench.order(who, reason or "经核实，原话没有指向任何一位邻居"),
    )


def state(bench: Bench) -> AppealState:
    return bench.session.exec(select(Appeal).execution_options(populate_existing=True)).one().state


def test_an_upheld_appeal_restores_the_post_and_tells_both(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.HIDE)
    appeal(bench, bench.world.li_na)
    decide(bench, bench.world.chen_jie)
    assert (state(bench), bench.row().state) == (AppealState.UPHELD, PostState.VISIBLE)
    assert [(act.act, act.moderator_name) for act in bench.acts()] == [
        (Act.HIDE, "zhao_min"),
        (Act.RESTORE, "chen_jie"),
    ]
    assert "申诉成立" in bench.letters(bench.world.li_na)[-1]
    assert "申诉成立" in bench.letters(bench.world.zhao_min)[-1]


def test_an_upheld_appeal_ends_a_mute(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.MUTE, days=9)
    appeal(bench, bench.world.li_na)
    decide(bench, bench.world.chen_jie)
    assert bench.mutes()[0].lifted_at == bench.now
    bench.talk.post(bench.session, bench.world.li_na)


def test_an_upheld_appeal_publishes_a_refused_post(bench: Bench) -> None:
    muting.set_pre_approval(
        bench.session, **bench.talk.where, on=True, order=bench.order(bench.world.zhao_min)
    )
    bench.talk.post(bench.session, bench.world.li_na, "再说一句。")
    bench.act(bench.world.zhao_min, Act.REFUSE, Target(thread_id=bench.talk.id, seq=2))
    appeal(bench, bench.world.li_na, number=2)
    decide(bench, bench.world.chen_jie, number=2)
    assert bench.row(2).state is PostState.VISIBLE


def test_a_refused_appeal_leaves_everything_and_tells_both(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.HIDE)
    appeal(bench, bench.world.li_na)
    decide(bench, bench.world.chen_jie, upheld=False)
    assert (state(bench), bench.row().state, len(bench.acts())) == (AppealState.REFUSED, PostState.HIDDEN, 1)
    assert "申诉不成立" in bench.letters(bench.world.li_na)[-1]
    assert "申诉不成立" in bench.letters(bench.world.zhao_min)[-1]


def test_what_a_moderator_has_restored_meanwhile_is_not_restored_twice(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.HIDE)
    appeal(bench, bench.world.li_na)
    bench.act(bench.world.zhao_min, Act.RESTORE)
    decide(bench, bench.world.chen_jie)
    assert [act.act for act in bench.acts()] == [Act.HIDE, Act.RESTORE]


@pytest.mark.parametrize("name", ["wang_wei", "zhao_min", "chen_jie", "zhou_tao", "stranger"])
def test_only_the_author_appeals(bench: Bench, name: str) -> None:
    bench.act(bench.world.zhao_min, Act.HIDE)
    with pytest.raises(NotAllowed) as refused:
        appeal(bench, bench.world.people[name])
    assert refused.value.code == "not_yours"


def test_an_act_is_appealed_once_and_the_same_form_is_the_same_appeal(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.WARN)
    form = uuid4()
    for _ in range(2):
        appeal(bench, bench.world.li_na, id=form)
    with pytest.raises(Conflict) as refused:
        appeal(bench, bench.world.li_na)
    assert refused.value.code == "already_appealed"
    assert len(bench.session.exec(select(Appeal)).all()) == 1


def test_what_takes_nothing_and_what_does_not_exist_is_not_appealed(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.HIDE)
    bench.act(bench.world.zhao_min, Act.RESTORE)
    with pytest.raises(Conflict):
        appeal(bench, bench.world.li_na, number=2)
    with pytest.raises(NotFound):
        appeal(bench, bench.world.li_na, number=3)
    muting.set_pre_approval(
        bench.session, **bench.talk.where, on=True, order=bench.order(bench.world.zhao_min)
    )
    with pytest.raises(NotAllowed):
        appeal(bench, bench.world.zhao_min, number=3)


@pytest.mark.parametrize("text", ["", "不服", "长" * 501])
def test_an_appeal_says_why(bench: Bench, text: str) -> None:
    bench.act(bench.world.zhao_min, Act.HIDE)
    with pytest.raises(Invalid) as refused:
        appeal(bench, bench.world.li_na, text=text)
    assert refused.value.field == "text"


def test_a_muted_author_may_appeal(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.MUTE, days=30)
    appeal(bench, bench.world.li_na)
    lines = appeals.list_open_appeals(
        bench.session, estate_id=bench.world.estate_id, viewer_id=bench.world.chen_jie.account_id
    )
    assert [(line.number, line.text, line.is_mine) for line in lines] == [(1, WORDS, False)]


def test_the_clerk_who_acted_does_not_decide_but_another_does(bench: Bench) -> None:
    bench.act(bench.world.chen_jie, Act.HIDE)
    appeal(bench, bench.world.li_na)
    with pytest.raises(NotAllowed) as refused:
        decide(bench, bench.world.chen_jie)
    assert refused.value.code == "own_decision"
    decide(bench, bench.wu_hao)
    assert bench.row().state is PostState.VISIBLE


@pytest.mark.parametrize("name", ["zhao_min", "wang_wei", "sun_li", "zhou_tao", "gu_ying"])
def test_only_the_committee_decides(bench: Bench, name: str) -> None:
    bench.act(bench.world.chen_jie, Act.HIDE)
    appeal(bench, bench.world.li_na)
    who = bench.gu_ying if name == "gu_ying" else bench.world.people[name]
    with pytest.raises(NotAllowed):
        decide(bench, who)
    assert state(bench) is AppealState.OPEN


def test_a_clerk_does_not_decide_about_his_own_post(bench: Bench) -> None:
    seq = bench.talk.post(bench.session, bench.wu_hao, "我来说一句。").seq
    bench.act(bench.world.chen_jie, Act.HIDE, Target(thread_id=bench.talk.id, seq=seq))
    appeal(bench, bench.wu_hao)
    with pytest.raises(NotAllowed) as refused:
        decide(bench, bench.wu_hao)
    assert refused.value.code == "own_content"


def test_a_decision_needs_a_choice_and_a_reason_and_is_made_once(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.HIDE)
    with pytest.raises(NotFound):
        decide(bench, bench.world.chen_jie)
    appeal(bench, bench.world.li_na)
    with pytest.raises(Invalid) as refused:
        decide(bench, bench.world.chen_jie, upheld=None)
    assert refused.value.field == "decision"
    with pytest.raises(Invalid):
        decide(bench, bench.world.chen_jie, reason="短")
    for _ in range(2):
        decide(bench, bench.world.chen_jie)
    with pytest.raises(Conflict):
        decide(bench, bench.wu_hao, upheld=False)
    assert len(bench.acts()) == 2


def test_the_words_of_an_appeal_and_the_hidden_text_are_for_author_and_committee(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.HIDE)
    appeal(bench, bench.world.li_na)

    def entry(who: Somebody, is_committee: bool = False) -> log.LogEntry:
        where = {"estate_id": bench.world.estate_id, "number": 1}
        return log.read_entry(bench.session, **where, viewer_id=who.account_id, is_committee=is_committee)

    for seen in (entry(bench.world.li_na), entry(bench.world.chen_jie, True)):
        assert (seen.appeal_text, "骗子" in seen.text) == (WORDS, True)
    others = entry(bench.world.wang_wei)
    assert (others.appeal_text, others.text, others.line.appeal) == ("", "", "open")
