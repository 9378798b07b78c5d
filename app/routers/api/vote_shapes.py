"""The shapes of a vote: what its notice says, and what its posted outcome says."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.routers.api.shapes import Area, Heads, Href, Instant, Page, Shape
from app.rules.votes.clashes import ClashRule
from app.rules.votes.questions import QuestionKind
from app.rules.votes.rulesets import BallotMode, Inclusion, SilentRule, SpoiledRule
from app.rules.votes.states import ChangeRule, LegalMode
from app.rules.votes.tally import Result

# A draft has no public address, so no program need know the word.
PublicState = Annotated[
    Literal["noticed", "open", "closed", "preliminary", "final", "annulled"],
    Field(
        description="The state by the clock; `closed` is after the closing and before the count is sealed."
    ),
]


class Scope(Shape):
    """How far a vote reaches; both empty is the whole estate."""

    building: str = Field(description="The building; empty for the whole estate.")
    entrance: str = Field(description="The entrance; empty for a whole building.")


class Sheet(Shape):
    """A posting of the vote on the notice board."""

    kind: Literal["notice", "preliminary", "final"]
    id: UUID
    href: Href
    page: Page


class VoteLine(Shape):
    """A vote in a list."""

    id: UUID
    number: int = Field(description="Its number in the estate.")
    title: str
    survey: bool = Field(description="A poll of interests that binds nobody and has no tests.")
    state: PublicState
    scope: Scope
    opens_at: Instant = Field(description="The first instant in which a ballot counts.")
    closes_at: Instant = Field(description="The first instant in which none counts any more.")
    extended: bool = Field(description="Whether the closing was put off after the notice was posted.")
    annulled_at: Instant | None = Field(description="When it was declared void; null where it was not.")
    annul_reason: str = Field(description="Why; empty where it was not.")
    postings: list[Sheet] = Field(
        description="Its sheets on the notice board, in the order they were posted."
    )
    href: Href


class Threshold(Shape):
    """A share to be reached, of both heads and area."""

    numerator: int
    denominator: int
    strict: bool = Field(description="True: more than the share (过半数). False: at least it (以上).")


class Question(Shape):
    """What is asked."""

    title: str
    text: str | None = Field(
        description="Null where the notice does not print it: the vote's own text says it."
    )
    kind: QuestionKind = Field(description="`decision`, `election` of members, or `options` of a menu.")
    matter: int | None = Field(description="The item of Civil Code art. 278 para. 1; null for a survey.")
    matter_title: str | None = Field(description="The matter in words; null for a survey.")
    labels: list[str] = Field(
        description="Candidates or options as the ballot prints them; empty for a decision."
    )
    most: int = Field(description="How many labels one ballot may be for; 0 for a decision.")
    seats: int = Field(description="How many can be elected; 0 where nobody is.")
    majority: Threshold | None = Field(
        description="Needed in favour, of those who took part; null for a survey."
    )


class Silence(Shape):
    """The adopted rule by which owners who were served and stay silent join the majority."""

    text: str
    adopted_on: date
    sign_off: str = Field(description="Who answers for it in law; may be empty.")


class Rules(Shape):
    """The rules frozen with the notice."""

    source: str | None = Field(description="The law or rules of procedure they come from; null for a survey.")
    quorum: Threshold | None = Field(description="Must take part, of everybody in scope; null for a survey.")
    ballot_mode: BallotMode = Field(description="One ballot for each flat, or one for all flats of a head.")
    change: ChangeRule = Field(description="Whether a ballot may be replaced before the closing.")
    clash: ClashRule = Field(description="Which ballot counts where a home sent paper and phone.")
    spoiled: SpoiledRule = Field(description="Whether a spoiled ballot has taken part.")
    proxy_limit: int | None = Field(
        description="Homes one agent may vote for; 0 forbids it, null sets no limit."
    )
    parking: Inclusion = Field(description="Whether parking places count.")
    storage: Inclusion = Field(description="Whether storage rooms count.")
    paper_days: int = Field(
        description="Days after the closing in which paper handed in before may be entered."
    )
    extension_days: int = Field(description="Days by which the closing may be put off once; 0 for never.")
    silent: SilentRule = Field(description="Whether the silent join the majority.")
    silence: Silence | None = Field(description="By which adopted rule they do; null where they do not.")


class Measure(Shape):
    """One test on one measure: heads, or area in hundredths of a square metre."""

    part: int
    whole: int
    met: bool
    short: int = Field(description="How much more was needed; 0 exactly when met.")


class Test(Shape):
    """Both measures must be met; one never makes up for the other."""

    heads: Measure
    area: Measure


class Split(Shape):
    """Those who took part and were not in favour, apart."""

    against_heads: Heads
    against_area: Area
    abstain_heads: Heads
    abstain_area: Area
    spoiled_heads: Heads
    spoiled_area: Area
    mixed_heads: Annotated[int, Field(ge=0, description="Heads whose several flats said different things.")]


class Count(Shape):
    """A count by both measures, and the tests; these are null for a survey."""

    total_heads: Heads
    total_area: Area
    part_heads: Annotated[int, Field(ge=0, description="Heads that took part: the turnout.")]
    part_area: Annotated[int, Field(ge=0, description="Their area in hundredths of a square metre.")]
    for_heads: Heads
    for_area: Area
    others_heads: Annotated[int, Field(ge=0, description="Took part and not in favour, together.")]
    others_area: Area
    split: Split | None = Field(
        description="The others apart; null where the scope has fewer than ten heads, where it would point at people."
    )
    quorum: Test | None
    majority: Test | None
    result: Result | None


class Line(Shape):
    """A candidate or an option as counted, the best first; the test is null for a survey."""

    label: str
    for_heads: Heads
    for_area: Area
    majority: Test | None
    passed: bool | None = Field(description="Reached the majority; null for a survey.")
    seated: bool | None = Field(description="Elected; null where nobody is elected.")
    tied: bool | None = Field(description="As many heads and as much area as another for the last seats.")


class Counted(Shape):
    """One question as counted."""

    title: str
    count: Count | None = Field(description="Of a decision; null for an election or a menu.")
    without_silent: Count | None = Field(
        description="What was returned alone, where the silent were counted."
    )
    part_heads: Heads
    part_area: Area
    quorum: Test | None = Field(description="Null for a survey.")
    lines: list[Line] = Field(description="Of an election or a menu; empty for a decision.")


class PostedResult(Shape):
    """The sealed count; it stands here once the committee has posted it, and not before."""

    final: bool = Field(description="Whether the final outcome is posted, or the preliminary one alone.")
    objections_until: Instant | None = Field(description="The end of the time for objections.")
    questions: list[Counted]


class Vote(VoteLine):
    """One vote, as its postings tell it."""

    text: str | None = Field(description="What is proposed; null where the notice has no room for it.")
    legal_mode: LegalMode | None = Field(description="What electronic ballots are worth; null for a survey.")
    legal_basis: str | None = Field(description="On which rule that stands; may be empty; null for a survey.")
    questions: list[Question]
    rules: Rules
    roll_fingerprint: str = Field(description="The first 16 hex digits of the posted roll's SHA-256.")
    text_fingerprint: str = Field(description="The first 16 hex digits of the SHA-256 of what is asked.")
    result: PostedResult | None
