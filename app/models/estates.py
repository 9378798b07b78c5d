"""Estates: the tenant boundary, its homes, the living register of owners, imports and claims."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column, json_column
from app.rules.estates.representatives import NamingState
from app.rules.estates.units import UnitKind, UnitStatus


class Estate(SQLModel, table=True):
    """One neighbourhood; nothing crosses it."""

    __tablename__ = "estate"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    slug: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=50)
    address: str = Field(default="", max_length=200)
    committee_name: str = Field(default="", max_length=50)
    desk_phone: str = Field(default="", max_length=30)
    desk_address: str = Field(default="", max_length=200)
    desk_hours: str = Field(default="", max_length=100)
    created_at: datetime


class Unit(SQLModel, table=True):
    """The thing that has area and owners. `area` is in hundredths of a square metre; `entrance` is '' where there is none."""

    __tablename__ = "unit"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "building", "entrance", "room"),
        sa.UniqueConstraint("estate_id", "id"),
        sa.CheckConstraint("area > 0", name="area_positive"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    building: str = Field(max_length=20)
    entrance: str = Field(default="", max_length=20)
    floor: int
    room: str = Field(max_length=20)
    area: int = Field(sa_type=sa.BigInteger)
    kind: UnitKind = Field(sa_column=enum_column(UnitKind, "kind"))
    status: UnitStatus = Field(sa_column=enum_column(UnitStatus, "status"))
    heirs_proving: bool = Field(default=False)
    tenant: bool = Field(default=False)
    remark: str = Field(default="", max_length=200)
    representative_id: UUID | None = Field(default=None, foreign_key="owner.id")


class Owner(SQLModel, table=True):
    """A person or body in the register; `account_id` once he has confirmed or proved that it is he.

    `other_phones` are more numbers of his, each between spaces: owners whom staff said are one person. `waits_since` is
    the latest clerk's act that the binding rests on and nobody else has checked: no vote in what was announced before.
    """

    __tablename__ = "owner"
    __table_args__ = (sa.Index("ix_owner_estate_phone", "estate_id", "phone"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    name: str = Field(max_length=50)
    phone: str | None = Field(default=None, max_length=20)
    other_phones: str = Field(default="", max_length=200)
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    bound_at: datetime | None = None
    waits_since: datetime | None = None
    # Who put the row into the register, and with it its first number; NULL for rows older than this question.
    entered_by: UUID | None = None
    entered_at: datetime | None = None


class OwnerPhone(SQLModel, table=True):
    """A number that staff put to an owner later than his row: a binding by it is as old as this."""

    __tablename__ = "owner_phone"
    owner_id: UUID = Field(foreign_key="owner.id", primary_key=True, ondelete="CASCADE")
    phone: str = Field(max_length=20, primary_key=True)
    entered_by: UUID = Field(foreign_key="account.id")
    entered_at: datetime


class BindingCause(StrEnum):
    """By which act of a clerk an account came to an owner."""

    CLAIM = "claim"
    PHONE = "phone"
    DESK = "desk"
    DESK_CODE = "desk_code"
    MERGE = "merge"
    LETTER = "letter"


class StaffBinding(SQLModel, table=True):
    """A clerk's act by which an account acts for an owner; a second person checks it when a vote was announced before.

    Home and owner are not keys: the register may drop their rows, and what was done stays readable.
    """

    __tablename__ = "staff_binding"
    __table_args__ = (
        sa.CheckConstraint("(checked_by IS NULL) = (checked_at IS NULL)", name="checked"),
        sa.CheckConstraint(
            "checked_by IS NULL OR (checked_by <> acted_by AND checked_by <> account_id)",
            name="second_person",
        ),
        sa.Index("ix_staff_binding_owner", "owner_id", "account_id"),
        sa.Index("ix_staff_binding_estate", "estate_id", "acted_at"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    owner_id: UUID
    account_id: UUID = Field(foreign_key="account.id")
    cause: BindingCause = Field(sa_column=enum_column(BindingCause, "cause"))
    acted_by: UUID = Field(foreign_key="account.id")
    acted_at: datetime
    checked_by: UUID | None = Field(default=None, foreign_key="account.id")
    checked_at: datetime | None = None
    looked_at: str = Field(default="", max_length=1000)


class Ownership(SQLModel, table=True):
    """Who owns which unit, in the order of the register."""

    __tablename__ = "ownership"
    unit_id: UUID = Field(foreign_key="unit.id", primary_key=True)
    owner_id: UUID = Field(foreign_key="owner.id", primary_key=True, index=True)
    position: int = Field(default=0)


class Relation(StrEnum):
    """What a person is to a unit."""

    OWNER = "owner"
    HEIR = "heir"
    TENANT = "tenant"
    FAMILY = "family"


class Residence(SQLModel, table=True):
    """A verified resident who is not an owner: he may take part, but casts no ballot (SPC interpretation, art. 16)."""

    __tablename__ = "residence"
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    unit_id: UUID = Field(foreign_key="unit.id", primary_key=True)
    relation: Relation = Field(sa_column=enum_column(Relation, "relation"))
    since: datetime


class ClaimState(StrEnum):
    """Where a claim stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Claim(SQLModel, table=True):
    """A person says a unit is his, with a photo of the certificate; the committee decides with a reason."""

    __tablename__ = "claim"
    __table_args__ = (
        sa.Index(
            "uq_claim_pending",
            "account_id",
            "unit_id",
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id", index=True)
    unit_id: UUID = Field(foreign_key="unit.id")
    account_id: UUID = Field(foreign_key="account.id")
    relation: Relation = Field(sa_column=enum_column(Relation, "relation"))
    name: str = Field(max_length=50)
    note: str = Field(default="", max_length=1000)
    photo_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    state: ClaimState = Field(sa_column=enum_column(ClaimState, "state"))
    reason: str = Field(default="", max_length=1000)
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = None
    created_at: datetime


OPEN_NAMING = sa.text("state = 'open'")


class RepresentativeNaming(SQLModel, table=True):
    """Co-owners are asked to name who casts their home's ballot; `owner_id` None means that any of them may again.

    Home and owner are not keys: the register may drop their rows, and what was agreed stays readable.
    """

    __tablename__ = "representative_naming"
    __table_args__ = (
        sa.Index(
            "uq_representative_naming_open",
            "unit_id",
            unique=True,
            sqlite_where=OPEN_NAMING,
            postgresql_where=OPEN_NAMING,
        ),
        sa.Index("ix_representative_naming_estate", "estate_id", "state"),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        sa.CheckConstraint(
            "paper_id IS NULL OR (state = 'agreed' AND ended_by IS NOT NULL)", name="paper_confirmed"
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    unit_id: UUID
    owner_id: UUID | None = None
    state: NamingState = Field(sa_column=enum_column(NamingState, "state"))
    proposed_by: UUID = Field(foreign_key="account.id")
    proposed_at: datetime
    # Who ended it: the last to agree, who refused, who withdrew, or the desk with a paper; NULL when the register did.
    ended_by: UUID | None = Field(default=None, foreign_key="account.id")
    ended_at: datetime | None = None
    reason: str = Field(default="", max_length=1000)
    paper_id: UUID | None = Field(default=None, foreign_key="stored_file.id")


class RepresentativeConsent(SQLModel, table=True):
    """A co-owner agreed on his own phone; the proposer agreed by proposing. Only grows."""

    __tablename__ = "representative_consent"
    naming_id: UUID = Field(foreign_key="representative_naming.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    agreed_at: datetime


class ImportState(StrEnum):
    """Where an upload of the register stands."""

    READING = "reading"
    READY = "ready"
    APPLIED = "applied"
    REFUSED = "refused"
    DISCARDED = "discarded"


class RegisterImport(SQLModel, table=True):
    """One uploaded register: read by a job, shown as a preview, written only when confirmed."""

    __tablename__ = "register_import"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id", index=True)
    file_name: str = Field(max_length=120)
    sha256: str = Field(max_length=64)
    content: bytes | None = Field(default=None, sa_column=sa.Column(sa.LargeBinary, nullable=True))
    state: ImportState = Field(sa_column=enum_column(ImportState, "state"))
    done: int = Field(default=0)
    total: int = Field(default=0)
    # What was read and what it would change; `register_fingerprint` tells whether the register moved since.
    preview: dict[str, object] = Field(sa_column=json_column())
    register_fingerprint: str = Field(default="", max_length=64)
    refusal: str = Field(default="", max_length=500)
    lease_until: datetime | None = None
    uploaded_by: UUID = Field(foreign_key="account.id")
    uploaded_at: datetime
    applied_at: datetime | None = None
