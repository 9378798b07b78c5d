"""The life of a proposal as a table: which step may follow which, and whose act each step is."""

from __future__ import annotations

from enum import StrEnum

from app.errors import N_, Conflict, NotAllowed, Refusal


class ProposalState(StrEnum):
    DRAFT = "draft"
    GATHERING = "gathering"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DELIBERATING = "deliberating"
    VOTING = "voting"
    DECIDED_PASSED = "decided_passed"
    DECIDED_NOT_PASSED = "decided_not_passed"
    IMPLEMENTING = "implementing"
    COMPLETED = "completed"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class Cause(StrEnum):
    """Whose act a step is: the proposer's, the committee's, or what follows from a vote or a project."""

    AUTHOR = "author"
    COMMITTEE = "committee"
    SYSTEM = "system"


STATE_NAMES = {
    ProposalState.DRAFT: N_("草稿"),
    ProposalState.GATHERING: N_("征集附议"),
    ProposalState.ACCEPTED: N_("已采纳"),
    ProposalState.DECLINED: N_("未采纳"),
    ProposalState.DELIBERATING: N_("协商中"),
    ProposalState.VOTING: N_("表决中"),
    ProposalState.DECIDED_PASSED: N_("表决通过"),
    ProposalState.DECIDED_NOT_PASSED: N_("表决未通过"),
    ProposalState.IMPLEMENTING: N_("实施中"),
    ProposalState.COMPLETED: N_("已完成"),
    ProposalState.MERGED: N_("已合并"),
    ProposalState.WITHDRAWN: N_("已撤回"),
}

_AUTHOR = frozenset({Cause.AUTHOR})
_COMMITTEE = frozenset({Cause.COMMITTEE})
_SYSTEM = frozenset({Cause.SYSTEM})
_BOTH = _COMMITTEE | _SYSTEM

MOVES: dict[ProposalState, dict[ProposalState, frozenset[Cause]]] = {
    ProposalState.DRAFT: {ProposalState.GATHERING: _AUTHOR, ProposalState.WITHDRAWN: _AUTHOR},
    # Once accepted it is the neighbours' matter: from there its author can no longer take it away.
    ProposalState.GATHERING: {
        ProposalState.ACCEPTED: _COMMITTEE,
        ProposalState.DECLINED: _BOTH,
        ProposalState.MERGED: _COMMITTEE,
        ProposalState.WITHDRAWN: _AUTHOR,
    },
    # Not everything needs an owners' vote: networks of the utilities, for one, are carried out as accepted.
    ProposalState.ACCEPTED: {
        ProposalState.DELIBERATING: _COMMITTEE,
        ProposalState.VOTING: _BOTH,
        ProposalState.IMPLEMENTING: _BOTH,
        ProposalState.MERGED: _COMMITTEE,
        ProposalState.DECLINED: _COMMITTEE,
    },
    # The street office may ask the committee to look at a refusal again.
    ProposalState.DECLINED: {ProposalState.ACCEPTED: _COMMITTEE},
    ProposalState.DELIBERATING: {
        ProposalState.VOTING: _BOTH,
        ProposalState.IMPLEMENTING: _BOTH,
        ProposalState.DECLINED: _COMMITTEE,
        ProposalState.MERGED: _COMMITTEE,
    },
    # Back to deliberating: the vote was annulled, which a court may do to a passed one within a year
    # (Civil Code art. 280 para. 2; SPC interpretation art. 12), works begun or not.
    ProposalState.VOTING: {
        ProposalState.DECIDED_PASSED: _SYSTEM,
        ProposalState.DECIDED_NOT_PASSED: _SYSTEM,
        ProposalState.DELIBERATING: _SYSTEM,
    },
    ProposalState.DECIDED_PASSED: {ProposalState.IMPLEMENTING: _BOTH, ProposalState.DELIBERATING: _SYSTEM},
    ProposalState.DECIDED_NOT_PASSED: {ProposalState.DELIBERATING: _BOTH},
    ProposalState.IMPLEMENTING: {ProposalState.COMPLETED: _BOTH, ProposalState.DELIBERATING: _SYSTEM},
    # 反馈评议: what neighbours rate as badly done is opened again.
    ProposalState.COMPLETED: {ProposalState.IMPLEMENTING: _COMMITTEE},
    ProposalState.MERGED: {},
    ProposalState.WITHDRAWN: {},
}

OPEN_FOR_SUPPORT = frozenset({ProposalState.GATHERING})
# Drafts are rewritten at will; while gathering every change shows as a difference and tells the seconders.
OPEN_FOR_EDIT = frozenset({ProposalState.DRAFT, ProposalState.GATHERING})
OWED_AN_ANSWER = frozenset({ProposalState.GATHERING})
# Nothing more is awaited, though a later act may open some of them again.
ENDED = frozenset(
    {
        ProposalState.DECLINED,
        ProposalState.DECIDED_NOT_PASSED,
        ProposalState.COMPLETED,
        ProposalState.MERGED,
        ProposalState.WITHDRAWN,
    }
)
PUBLIC = frozenset(ProposalState) - {ProposalState.DRAFT}
# What the timeline shows as still to come when all goes well.
WHOLE_WAY = (
    ProposalState.GATHERING,
    ProposalState.ACCEPTED,
    ProposalState.DELIBERATING,
    ProposalState.VOTING,
    ProposalState.DECIDED_PASSED,
    ProposalState.IMPLEMENTING,
    ProposalState.COMPLETED,
)


def move(current: ProposalState, target: ProposalState, *, by: Cause) -> ProposalState:
    """The target, when the table allows the step to `by`.

    Raises `Conflict` (`bad_move`) for a step nobody may take, `NotAllowed` (`not_your_move`) for another's.
    """
    causes = MOVES[current].get(target, frozenset())
    if not causes:
        raise Conflict(
            N_("议题现在是“%(current)s”，不能改成“%(target)s”，请刷新页面看最新状态"),
            code="bad_move",
            current=Refusal(STATE_NAMES[current]),
            target=Refusal(STATE_NAMES[target]),
        )
    if by not in causes:
        raise NotAllowed(
            N_("把议题改成“%(target)s”不由您操作；有疑问请联系居委会"),
            code="not_your_move",
            target=Refusal(STATE_NAMES[target]),
        )
    return target


def next_states(current: ProposalState, *, by: Cause) -> list[ProposalState]:
    """What `by` may do next, in the order of the table: the buttons to draw."""
    return [target for target, causes in MOVES[current].items() if by in causes]
