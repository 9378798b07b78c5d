"""Proposals, posts and the search over them, made in bulk: what is measured is how reading grows, not how they came."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from app.models.base import table_of
from app.models.deliberations import Post, PostState, Thread, ThreadStage
from app.models.proposals import Proposal, ProposalEvent
from app.models.search import SearchEntry, SubjectKind
from app.rules.deliberations.stages import Stage
from app.rules.deliberations.stances import Stance
from app.rules.proposals.catalogue import ItemKind
from app.rules.proposals.states import ProposalState
from app.rules.proposals.support import Scope
from app.rules.search import index_terms
from scripts.benchmarks.servers import Place

BATCH = 2_000
WORDS = [
    "电梯",
    "加装",
    "低楼层",
    "采光",
    "噪音",
    "老人",
    "上下楼",
    "分摊",
    "费用",
    "补贴",
    "维修基金",
    "居委会",
    "施工",
    "工期",
    "质量",
    "漏水",
    "屋面",
    "外墙",
    "保温",
    "路灯",
    "停车",
    "充电桩",
    "消防通道",
    "绿化",
    "垃圾分类",
    "晾衣架",
    "下水道",
    "反味",
    "门禁",
    "快递柜",
    "楼道",
    "杂物",
    "扶手",
    "坡道",
    "邻居",
    "商量",
    "意见",
    "同意",
    "担心",
    "请问",
    "什么时候",
    "多少钱",
    "谁负责",
    "以后",
    "保养",
    "电费",
    "物业",
    "公示",
    "投票",
    "签字",
    "图纸",
    "位置",
    "窗户",
    "隔音",
    "儿童",
    "健身",
    "长椅",
]


def sentence(dice: random.Random, words: int = 24) -> str:
    return "".join(dice.choice(WORDS) for _ in range(words))


def insert_rows(session: Session, model: type[SQLModel], rows: Iterator[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            session.connection().execute(sa.insert(table_of(model)), batch)
            batch = []
    if batch:
        session.connection().execute(sa.insert(table_of(model)), batch)


def add_proposals(session: Session, where: Place, count: int, *, first: int, now: datetime) -> list[UUID]:
    """Published proposals numbered from `first`, by the homes of the crowd in turn."""
    dice, homes, estate = random.Random(first), where.crowd.homes, where.crowd.estate_id
    ids = [uuid4() for _ in range(count)]

    def rows() -> Iterator[dict[str, Any]]:
        for place, proposal_id in enumerate(ids):
            at = now - timedelta(minutes=count - place)
            yield {
                "id": proposal_id, "estate_id": estate, "number": first + place,
                "author_id": homes[place % len(homes)].account_id, "state": ProposalState.GATHERING,
                "title": sentence(dice, 5)[:40], "text": sentence(dice, 60), "revision": 1, "item_key": "lift",
                "item_kind": list(ItemKind)[place % 3], "scope": Scope.ESTATE, "scope_building": "",
                "scope_entrance": "", "created_at": at, "changed_at": at, "published_at": at,
                "gathering_until": now + timedelta(days=60), "supporters": place % 50, "needed": 60,
                "warmth": place % 50, "answer": "",
            }  # fmt: skip

    insert_rows(session, Proposal, rows())
    events = (
        {"proposal_id": proposal_id, "seq": 1, "kind": "published", "state": ProposalState.GATHERING,
         "actor_name": "", "note": "", "link": "", "at": now}
        for proposal_id in ids
    )  # fmt: skip
    insert_rows(session, ProposalEvent, events)
    return ids


def add_thread(
    session: Session, where: Place, proposal_id: UUID, posts: int, *, number: int, now: datetime
) -> UUID:
    """A thread in its second stage; every third post is a reply, and all are in the index."""
    dice, homes, estate = random.Random(number), where.crowd.homes, where.crowd.estate_id
    thread_id, opened = uuid4(), now - timedelta(days=10)
    session.add(
        Thread(
            id=thread_id,
            estate_id=estate,
            number=number,
            proposal_id=proposal_id,
            title=sentence(dice, 5)[:40],
            question=sentence(dice),
            opened_by=homes[0].account_id,
            opened_at=opened,
            last_seq=posts,
            post_count=posts,
            last_post_at=now,
        )
    )
    session.flush()
    for stage, days in ((Stage.NOTICE, 0), (Stage.OPINIONS, 4), (Stage.CONSENSUS, 400), (Stage.CLOSED, 500)):
        session.add(ThreadStage(thread_id=thread_id, stage=stage, starts_at=opened + timedelta(days=days)))
    session.flush()
    ids, texts = [uuid4() for _ in range(posts)], [sentence(dice) for _ in range(posts)]
    stances = [Stance.SUPPORT, Stance.CONCERN, Stance.QUESTION]
    insert_rows(session, Post, (
        {
            "id": ids[seq - 1], "estate_id": estate, "thread_id": thread_id, "seq": seq,
            "parent_seq": seq - 1 if seq % 3 == 0 else 0, "quote_seq": 0,
            "author_id": homes[seq % len(homes)].account_id, "badge": "", "stance": stances[seq % 3],
            "text": texts[seq - 1], "state": PostState.VISIBLE, "created_at": now, "likes": seq % 7, "reports": 0,
            "answer_seq": 0, "answer_source": "", "answered_by": "",
        }
        for seq in range(1, posts + 1)
    ))  # fmt: skip
    estate_word = f"e{estate.hex}"
    insert_rows(session, SearchEntry, (
        {
            "estate_id": estate, "kind": SubjectKind.POST, "subject_id": ids[place], "thread_id": thread_id,
            "at": now - timedelta(seconds=place), "words": " ".join([estate_word, *index_terms(text)]),
        }
        for place, text in enumerate(texts)
    ))  # fmt: skip
    return thread_id
