"""Mediation: cases of neighbours, known to their parties and their mediator alone."""

from datetime import date, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column
from app.rules.mediation.agreements import CourtMark
from app.rules.mediation.cases import Kind, Origin, Seat, Side, State
from app.rules.mediation.checks import CheckState
from app.rules.mediation.consent import Consent
from app.rules.mediation.offers import OfferKind, OfferState


class MediationCase(SQLModel, table=True):
    """One quarrel. `interest` are the mediator's ties as they were shown to both, `told` who the applicant says the other
    side is; `started_at` is when both had consented, None before."""

    __tablename__ = "mediation_case"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "year", "number"),
        sa.CheckConstraint(
            "state IN ('waiting', 'withdrawn') OR mediator_id IS NOT NULL", name="has_mediator"
        ),
        sa.CheckConstraint(
            "state <> 'agreed' OR (effective_on IS NOT NULL AND court_until IS NOT NULL)", name="takes_effect"
        ),
        sa.Index("ix_mediation_case_estate_state", "estate_id", "state"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    year: int
    number: int
    origin: Origin = Field(sa_column=enum_column(Origin, "origin"))
    kind: Kind = Field(sa_column=enum_column(Kind, "kind"))
    objection_id: UUID | None = Field(default=None, foreign_key="objection.id")
    proposal_id: UUID | None = Field(default=None, foreign_key="proposal.id")
    told: str = Field(default="", max_length=300)
    summary: str = Field(default="", max_length=2000)
    state: State = Field(sa_column=enum_column(State, "state"))
    mediator_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    wished_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    interest: str = Field(default="", max_length=120)
    opened_by: UUID = Field(foreign_key="account.id")
    opened_at: datetime
    target_at: datetime | None = None
    target_told_at: datetime | None = None
    started_at: datetime | None = None
    effective_on: date | None = None
    court_until: datetime | None = None
    court_told_at: datetime | None = None
    ended_at: datetime | None = None
    # What the mediator says of the end, for both.
    conclusion: str = Field(default="", max_length=2000)


class MediationParty(SQLModel, table=True):
    """A person of one side; `home` is how his home reads. Never says who stands in whose way."""

    __tablename__ = "mediation_party"
    case_id: UUID = Field(foreign_key="mediation_case.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True, index=True)
    side: Side = Field(sa_column=enum_column(Side, "side"))
    home: str = Field(default="", max_length=80)
    consent: Consent = Field(sa_column=enum_column(Consent, "consent"))
    added_at: datetime
    asked_at: datetime | None = None
    answered_at: datetime | None = None


class MediationClaim(SQLModel, table=True):
    """What the applicant says of the impact; `distance` in whole centimetres, measured between what `between` names."""

    __tablename__ = "mediation_claim"
    __table_args__ = (sa.CheckConstraint("distance IS NULL OR distance > 0", name="distance_positive"),)
    case_id: UUID = Field(foreign_key="mediation_case.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    text: str = Field(sa_type=sa.Text)
    distance: int | None = None
    between: str = Field(default="", max_length=80)
    at: datetime


class MediationFile(SQLModel, table=True):
    """A photo, or the scan of a signed paper. Its bytes are stored under the case's id instead of the estate's, so that
    no other address reaches them."""

    __tablename__ = "mediation_file"
    file_id: UUID = Field(foreign_key="stored_file.id", primary_key=True)
    case_id: UUID = Field(foreign_key="mediation_case.id", index=True)
    agreement_id: UUID | None = Field(default=None, foreign_key="mediation_agreement.id")
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime


class MediationMessage(SQLModel, table=True):
    """What was said in the room; a `response` answers the claim."""

    __tablename__ = "mediation_message"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="mediation_case.id", index=True)
    account_id: UUID = Field(foreign_key="account.id")
    seat: Seat = Field(sa_column=enum_column(Seat, "seat"))
    is_response: bool = Field(default=False)
    text: str = Field(sa_type=sa.Text)
    at: datetime


class MediationNote(SQLModel, table=True):
    """A note of the mediator for himself alone."""

    __tablename__ = "mediation_note"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="mediation_case.id", index=True)
    account_id: UUID = Field(foreign_key="account.id")
    text: str = Field(sa_type=sa.Text)
    at: datetime


class MediationOffer(SQLModel, table=True):
    """An offer to the other side; `amount` in fen, 0 where the kind has none. It expires by `valid_until` without a row."""

    __tablename__ = "mediation_offer"
    __table_args__ = (
        sa.CheckConstraint("amount >= 0", name="amount_not_negative"),
        sa.CheckConstraint("state <> 'expired'", name="expiry_follows_from_the_clock"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="mediation_case.id", index=True)
    account_id: UUID = Field(foreign_key="account.id")
    side: Side = Field(sa_column=enum_column(Side, "side"))
    kind: OfferKind = Field(sa_column=enum_column(OfferKind, "kind"))
    amount: int = Field(default=0, sa_type=sa.BigInteger)
    text: str = Field(default="", max_length=2000)
    valid_until: datetime
    state: OfferState = Field(sa_column=enum_column(OfferState, "state"))
    made_at: datetime
    answered_by: UUID | None = Field(default=None, foreign_key="account.id")
    answered_at: datetime | None = None


class MediationAgreement(SQLModel, table=True):
    """One version of the agreement; none is added while an earlier one is being confirmed."""

    __tablename__ = "mediation_agreement"
    __table_args__ = (sa.UniqueConstraint("case_id", "version"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="mediation_case.id")
    version: int
    text: str = Field(sa_type=sa.Text)
    digest: str = Field(max_length=64)
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime


class MediationSignature(SQLModel, table=True):
    """A confirmation of one version by typed name, on one's own phone; the legal signature is on paper."""

    __tablename__ = "mediation_signature"
    agreement_id: UUID = Field(foreign_key="mediation_agreement.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    seat: Seat = Field(sa_column=enum_column(Seat, "seat"))
    name: str = Field(max_length=50)
    digest: str = Field(max_length=64)
    at: datetime


class MediationCourt(SQLModel, table=True):
    """A step of judicial confirmation, once each."""

    __tablename__ = "mediation_court"
    case_id: UUID = Field(foreign_key="mediation_case.id", primary_key=True)
    mark: CourtMark = Field(sa_column=enum_column(CourtMark, "mark", primary_key=True))
    marked_on: date
    note: str = Field(default="", max_length=500)
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime


class MediationCheck(SQLModel, table=True):
    """A day on which the mediator looks whether something was done."""

    __tablename__ = "mediation_check"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="mediation_case.id", index=True)
    due_on: date
    what: str = Field(max_length=300)
    state: CheckState = Field(sa_column=enum_column(CheckState, "state"))
    note: str = Field(default="", max_length=1000)
    settled_at: datetime | None = None
    told_at: datetime | None = None
    at: datetime


class MediationRemark(SQLModel, table=True):
    """What a party says to a check."""

    __tablename__ = "mediation_remark"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    check_id: UUID = Field(foreign_key="mediation_check.id", index=True)
    account_id: UUID = Field(foreign_key="account.id")
    text: str = Field(max_length=1000)
    at: datetime


class MediationLog(SQLModel, table=True):
    """What happened in a case, read in its room only: the estate's trail has not a row of it."""

    __tablename__ = "mediation_log"
    case_id: UUID = Field(foreign_key="mediation_case.id", primary_key=True)
    seq: int = Field(primary_key=True)
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    act: str = Field(max_length=40)
    note: str = Field(default="", max_length=300)
    at: datetime
