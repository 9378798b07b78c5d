"""Papers of several questions: written, frozen, cast, counted item by item, sealed, posted, and counted again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from app.errors import Conflict, Invalid, Refusal
from app.models.outcomes import Publication, PublicationKind
from app.models.votes import BallotCurrent, Vote, VoteResult
from app.rules.votes.questions import Question, QuestionKind, items_of, read_paper
from app.rules.votes.results import Score
from app.rules.votes.states import Choice, LegalMode, State
from app.services import outcomes
from app.services.outcomes import Additions
from app.services.trail import Actor
from app.services.votes import counting, drafting, questions, reading, results
from app.services.votes.casting import Cast, cast_ballot
from app.services.votes.outcome import result_of
from tests.fixtures.crowd import RollHome, add_ballots, faults_of, make_bare_vote
from tests.fixtures.papers import ELECTION, MENU, ask_more

FOR, AGAINST, ABSTAIN = Choice
GRACE = timedelta(seconds=60)
# 1 decision, 3 candidates, 4 options.
SIZE = 8


def cast(session, world, vote, home: str, answers: Sequence[str], *, minutes: int = 1, who=None):
    at = vote.opens_at + timedelta(minutes=minutes)
    who = who or (world.li_na if home == "301" else world.wang_wei)
    asked = Cast(
        estate_id=vote.estate_id,
        vote_id=vote.id,
        unit_id=world.homes[home].unit_id,
        account_id=who.account_id,
        answers=tuple(answers),
        key=uuid4().hex,
        received_at=at,
    )
    return cast_ballot(session, asked, read_clock=lambda: at, secret=vote.secret)


def outcome_of(session, vote):
    return result_of(
        session,
        estate_id=vote.estate_id,
        vote_id=vote.id,
        now=vote.closes_at + GRACE,
        grace=GRACE,
        secret=vote.secret,
    )


def close(session, vote) -> None:
    assert vote.advance(session, vote.closes_at + GRACE)


def finish(session, vote) -> None:
    assert vote.advance(session, vote.closes_at + timedelta(days=12))


@pytest.fixture
def draft(make_vote):
    return make_vote(notice=False)


def paper(session, vote) -> questions.DraftPaper:
    return questions.paper_of_draft(session, estate_id=vote.estate_id, vote_id=vote.id)


def where(vote) -> dict:
    return {"estate_id": vote.estate_id, "vote_id": vote.id}


def test_one_decision_keeps_no_list_and_a_second_question_makes_one(session, draft) -> None:
    row = session.get_one(Vote, draft.id)
    assert row.questions == []
    ask_more(session, draft, ELECTION)
    assert [question.title for question in paper(session, draft).questions] == [row.title, ELECTION.title]
    questions.remove_question(session, **where(draft), place=1, stamp=paper(session, draft).stamp)
    assert (row.questions, row.matter) == ([], 7)


def test_the_matter_of_the_vote_is_that_of_its_first_question(session, draft) -> None:
    ask_more(session, draft, ELECTION, MENU)
    questions.move_question(session, **where(draft), place=2, to=1, stamp=paper(session, draft).stamp)
    questions.move_question(session, **where(draft), place=1, to=0, stamp=paper(session, draft).stamp)
    row = session.get_one(Vote, draft.id)
    assert (row.matter, [question["kind"] for question in row.questions]) == (
        9,
        ["options", "decision", "election"],
    )
    questions.move_question(session, **where(draft), place=0, to=-1, stamp=paper(session, draft).stamp)
    assert paper(session, draft).questions[0] == MENU
    assert questions.listed_matter(session, **where(draft)) == 9


def test_the_same_form_twice_adds_one_question_and_an_old_one_changes_nothing(session, draft) -> None:
    before = paper(session, draft).stamp
    for _ in range(2):
        questions.save_question(session, **where(draft), place=1, question=ELECTION, stamp=before)
    assert len(paper(session, draft).questions) == 2
    for deed in (
        lambda: questions.save_question(session, **where(draft), place=1, question=MENU, stamp=before),
        lambda: questions.remove_question(session, **where(draft), place=0, stamp=before),
        lambda: questions.move_question(session, **where(draft), place=0, to=1, stamp=before),
    ):
        with pytest.raises(Conflict) as refused:
            deed()
        assert refused.value.code == "stale"
    assert paper(session, draft).questions[1] == ELECTION


def test_a_title_twice_the_last_one_off_and_one_too_many_are_refused(session, draft) -> None:
    stamp = paper(session, draft).stamp
    twice = Question(title=paper(session, draft).title, matter=7)
    with pytest.raises(Invalid):
        questions.save_question(session, **where(draft), place=1, question=twice, stamp=stamp)
    with pytest.raises(Invalid):
        questions.remove_question(session, **where(draft), place=0, stamp=stamp)
    ask_more(session, draft, *(Question(title=f"第{n}件事情", matter=9) for n in range(2, 21)))
    with pytest.raises(Invalid):
        ask_more(session, draft, MENU)


def test_after_the_notice_nothing_of_the_paper_changes(session, paper_vote) -> None:
    for deed in (
        lambda: paper(session, paper_vote),
        lambda: questions.set_survey(session, **where(paper_vote), survey=True),
        lambda: questions.remove_question(session, **where(paper_vote), place=0, stamp=""),
    ):
        with pytest.raises(Conflict) as refused:
            deed()
        assert refused.value.code == "frozen"


def test_the_notice_asks_every_question_with_its_own_test(session, paper_vote) -> None:
    text = session.exec(select(Publication.text)).one()
    assert "共 3 项，每一项分开计票" in text
    assert "第 2 项：选举业主委员会委员（选举业主委员会委员，应选 2 人，每票最多选 2 人）" in text
    assert "候选人：甲、乙、丙" in text
    assert "选项：座椅、棋桌、路灯、儿童滑梯" in text
    assert "第 1 项：参与表决的业主中，同意的面积和人数都要达到四分之三" in text
    assert "第 2 项：参与表决的业主中，同意的面积和人数都超过半数的候选人可以当选" in text
    sheet = reading.read_vote(session, **where(paper_vote), now=paper_vote.opens_at)
    assert [question.kind for question in sheet.paper] == ["decision", "election", "options"]


def test_the_fingerprint_of_the_notice_covers_the_questions(session, make_paper_vote) -> None:
    row = session.get_one(Vote, make_paper_vote(ELECTION).id)
    whole = drafting.text_hash(row, [])
    row.questions = [{**row.questions[0]}, {**row.questions[1], "labels": ["甲", "乙", "丁"]}]
    assert drafting.text_hash(row, []) != whole
    session.expunge(row)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ((FOR,), "bad_choice"),
        ((FOR,) * (SIZE + 1), "bad_choice"),
        ((FOR, FOR, FOR, FOR, *(ABSTAIN,) * 4), "too_many"),
        ((FOR, *(ABSTAIN,) * 3, FOR, FOR, FOR, ABSTAIN), "too_many"),
    ],
)
def test_a_ballot_that_picks_too_many_or_answers_another_paper_is_refused_and_leaves_nothing(
    session, world, paper_vote, answers, code
) -> None:
    with pytest.raises(Refusal) as refused:
        cast(session, world, paper_vote, "301", answers)
    assert refused.value.code == code
    assert session.exec(select(BallotCurrent)).all() == []


def test_a_paper_is_cast_changed_counted_and_sealed_item_by_item(session, world, paper_vote) -> None:
    cast(session, world, paper_vote, "301", (AGAINST, *(ABSTAIN,) * 7))
    cast(session, world, paper_vote, "301", (FOR, FOR, FOR, ABSTAIN, FOR, *(ABSTAIN,) * 3), minutes=2)
    cast(session, world, paper_vote, "302", (AGAINST, FOR, ABSTAIN, ABSTAIN, FOR, FOR, *(ABSTAIN,) * 2))
    assert faults_of(session, paper_vote.id, paper_vote.secret) == []
    close(session, paper_vote)
    sealed = session.get_one(VoteResult, paper_vote.id)
    figures = results.figures_of(sealed)
    assert [(row["part_heads"], row["for_heads"], row["for_area"]) for row in figures] == [
        (2, 1, 8000),
        (2, 2, 16000),
        (2, 1, 8000),
        (2, 0, 0),
        (2, 2, 16000),
        (2, 1, 8000),
        (2, 0, 0),
        (2, 0, 0),
    ]
    outcome = outcome_of(session, paper_vote)
    assert [one.question.kind for one in outcome.results] == ["decision", "election", "options"]
    assert outcome.results[1].lines[0].label == "甲"
    # Two of twelve are no quorum.
    assert not any(one.settled for one in outcome.results)
    [line] = reading.list_votes(
        session,
        estate_id=world.estate_id,
        account_id=world.li_na.account_id,
        now=paper_vote.closes_at + GRACE,
    )
    assert line.ending.score == Score("several", 0, 3)


def test_the_outcome_posts_every_question_with_both_tests(session, world, paper_vote) -> None:
    cast(session, world, paper_vote, "301", (FOR, FOR, FOR, ABSTAIN, FOR, *(ABSTAIN,) * 3))
    close(session, paper_vote)
    text = posted(session, world, paper_vote, PublicationKind.PRELIMINARY, days=1)
    assert "第 1 项：3号楼1单元加装电梯（表决一件事）" in text
    assert "1. 甲：同意 1 人，80.00 ㎡，人数超过半数（至少要 1 人），面积超过半数（至少要 40.01 ㎡）" in text
    assert text.count("参与人数 1 人，占 12 人的 1/12，没有达到三分之二，还差 7 人") == 3
    assert text.count("结论：参与没有达到规定比例，没有形成决定") == 3


def posted(session, world, vote, kind, *, days: int) -> str:
    asked = {
        **where(vote),
        "kind": kind,
        "additions": Additions("感谢各位业主参加这一次。", [("公示结果", "居委会", "2027-02-01")], 10),
        "now": vote.closes_at + timedelta(days=days),
    }
    draft = outcomes.draft_outcome(session, **asked)
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    outcomes.publish_outcome(session, **asked, publication_id=uuid4(), seen_hash=draft.text_hash, actor=actor)
    return draft.text


def test_a_survey_is_a_consultation_without_legal_basis_whatever_its_terms_say(
    session, make_paper_vote
) -> None:
    row = session.get_one(Vote, make_paper_vote(MENU, survey=True).id)
    assert (row.legal_mode, row.legal_basis, row.state) == (LegalMode.CONSULTATION, "", State.NOTICED)


def test_a_survey_says_nowhere_that_anything_passed(session, world, make_paper_vote) -> None:
    vote = make_paper_vote(MENU, survey=True)
    cast(session, world, vote, "301", (FOR, FOR, *(ABSTAIN,) * 3))
    close(session, vote)
    finish(session, vote)
    [line] = reading.list_votes(
        session, estate_id=world.estate_id, account_id=world.li_na.account_id, now=vote.closes_at
    )
    assert (line.survey, line.ending.passed, line.ending.score) == (True, None, None)
    texts = [session.exec(select(Publication.text)).one()]
    texts += [posted(session, world, vote, PublicationKind.FINAL, days=13)]
    for text in texts:
        assert "通过" not in text
        assert "结论" not in text.replace("不作结论", "")
        assert "意向调查，不是表决，没有法律约束力" in text
        assert "第二百七十八条" not in text
    assert "1. 座椅：同意 1 人，80.00 ㎡\n" in texts[1]


def by_hand(homes: list[RollHome], place: int) -> dict[str, int]:
    """The figures of one item, the slow and plain way."""
    figures: Counter[str] = Counter()
    said = defaultdict(set)
    for home in homes:
        answer = home.answers[place] if home.answers else None
        figures["total_area"] += home.area
        said[home.head].add(answer)
        if answer:
            figures["part_area"] += home.area
            figures[f"{answer}_area"] += home.area
    for answers in said.values():
        spoken = answers - {None}
        figures["total_heads"] += 1
        figures["part_heads"] += bool(spoken)
        if spoken:
            figures[f"{spoken.pop()}_heads" if len(spoken) == 1 else "mixed_heads"] += 1
    return figures


def some_paper(random: Random) -> list[Question]:
    def one(number: int) -> Question:
        kind = random.choice(list(QuestionKind))
        size = random.randint(2, 5)
        if kind is QuestionKind.DECISION:
            return Question(title=f"第{number}件事情", matter=random.randint(1, 9))
        return Question(
            title=f"第{number}件事情",
            matter=3 if kind is QuestionKind.ELECTION else random.randint(1, 9),
            kind=kind,
            labels=tuple(f"第{place}个" for place in range(size)),
            most=size,
            seats=random.randint(1, size) if kind is QuestionKind.ELECTION else 0,
        )

    return [one(number) for number in range(random.randint(1, 4))]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_every_item_counts_as_it_would_alone_and_as_a_count_by_hand(
    session, world, now, secret, seed
) -> None:
    random = Random(seed)
    asked = some_paper(random)
    items = items_of(asked)
    homes = [
        RollHome(
            area=random.randint(1, 20_000),
            head=f"head-{random.randrange(8)}",
            choice=None,
            answers=random.choice([None, tuple(random.choice(list(Choice)) for _ in items)]),
        )
        for _ in range(random.randint(1, 15))
    ]

    def counted(paper: list[Question], roll: list[RollHome]):
        asks = [question.to_json() for question in paper]
        vote = make_bare_vote(session, world.estate_id, world.chen_jie.account_id, now=now, questions=asks)
        add_ballots(session, vote, roll, secret=secret, now=now)
        return counting.tallies_of(session, vote, now=vote.closes_at + GRACE, grace=GRACE, secret=secret)

    together = counted(asked, homes)
    for item, tally in zip(items, together, strict=True):
        alone = [
            RollHome(home.area, home.head, Choice(home.answers[item.place]) if home.answers else None)
            for home in homes
        ]
        [single] = counted([Question(title="这一件事情", matter=item.matter)], alone)
        assert tally == single
        figures = by_hand(homes, item.place)
        for name in ("total", "part", "for", "against", "abstain", "mixed"):
            for unit in ("area", "heads"):
                assert getattr(tally, f"{name}_{unit}") == figures[f"{name}_{unit}"]


def test_a_paper_stored_reads_back_as_it_was() -> None:
    rows = [ELECTION.to_json(), MENU.to_json()]
    assert read_paper("x", "", 7, rows) == (ELECTION, MENU)
