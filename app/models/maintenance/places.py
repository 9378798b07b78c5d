"""Places as a tree: estate, building, entrance, floor, and the shared facilities in them, with what is under warranty."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column
from app.rules.maintenance.kinds import Family
from app.rules.maintenance.warranty import WarrantyClass


class PlaceKind(StrEnum):
    """What a node of the tree is; grounds are what lies between the buildings."""

    ESTATE = "estate"
    GROUNDS = "grounds"
    BUILDING = "building"
    ENTRANCE = "entrance"
    FLOOR = "floor"
    FACILITY = "facility"


class Place(SQLModel, table=True):
    """One node. `code` stands on its sticker and is its Open311 address id; latitude and longitude (WGS84) in millionths of a degree.

    `building` and `entrance` are those of the register, '' above or outside them.
    """

    __tablename__ = "place"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "id"),
        sa.UniqueConstraint("code"),
        sa.CheckConstraint("(lat IS NULL) = (long IS NULL)", name="both_coordinates"),
        sa.CheckConstraint("(kind = 'estate') = (parent_id IS NULL)", name="estate_is_root"),
        sa.Index("ix_place_estate_building", "estate_id", "building", "entrance"),
        sa.Index("ix_place_parent", "parent_id"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    parent_id: UUID | None = Field(default=None, foreign_key="place.id")
    kind: PlaceKind = Field(sa_column=enum_column(PlaceKind, "place_kind"))
    name: str = Field(max_length=60)
    building: str = Field(default="", max_length=20)
    entrance: str = Field(default="", max_length=20)
    floor: int | None = None
    code: str = Field(max_length=16)
    lat: int | None = None
    long: int | None = None
    retired_at: datetime | None = None


class Facility(SQLModel, table=True):
    """What a place of the kind `facility` is: its family, its works, and a lift's registration and certificate.

    `certificate_until` is the last day of the yearly inspection mark (特种设备安全法 art. 40).
    """

    __tablename__ = "facility"
    place_id: UUID = Field(foreign_key="place.id", primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id", index=True)
    family: Family = Field(sa_column=enum_column(Family, "family"))
    project_id: UUID | None = Field(default=None, foreign_key="project.id")
    lot: str = Field(default="", max_length=60)
    supervisor: str = Field(default="", max_length=60)
    installed_on: date | None = None
    registration: str = Field(default="", max_length=40)
    certificate_until: date | None = None
    note: str = Field(default="", max_length=500)


class WarrantyItem(SQLModel, table=True):
    """One renovated item of a place, with its own term; a repair made under contract is another item of the same place.

    `agreed` is in years or seasons, as the class counts (`rules/maintenance/warranty.py`).
    """

    __tablename__ = "warranty_item"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "id"),
        sa.Index("ix_warranty_item_place", "place_id"),
        sa.Index("ix_warranty_item_estate_last", "estate_id", "last_day"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    place_id: UUID = Field(foreign_key="place.id")
    # The faults it covers.
    family: Family = Field(sa_column=enum_column(Family, "family"))
    title: str = Field(max_length=80)
    warranty_class: WarrantyClass = Field(sa_column=enum_column(WarrantyClass, "warranty_class"))
    accepted_on: date | None = None
    agreed: int | None = None
    # The last day, included, as the law and the contract gave it when this row was written.
    last_day: date | None = None
    contractor_id: UUID | None = Field(default=None, foreign_key="party.id")
    project_id: UUID | None = Field(default=None, foreign_key="project.id")
    lot: str = Field(default="", max_length=60)
    supervisor: str = Field(default="", max_length=60)
    document: str = Field(default="", max_length=120)
    recorded_by: UUID = Field(foreign_key="account.id")
    recorded_at: datetime


class WarrantyReminder(SQLModel, table=True):
    """That the residents were asked to look, so many days before an item's warranty ends."""

    __tablename__ = "warranty_reminder"
    item_id: UUID = Field(foreign_key="warranty_item.id", primary_key=True)
    days: int = Field(primary_key=True)
    at: datetime


class SeasonKind(StrEnum):
    """What a season of the city's table is for."""

    HEATING = "heating"
    COOLING = "cooling"


class SeasonRow(SQLModel, table=True):
    """One heating or cooling season as the city set it, last day included."""

    __tablename__ = "season"
    estate_id: UUID = Field(foreign_key="estate.id", primary_key=True)
    kind: SeasonKind = Field(sa_column=enum_column(SeasonKind, "season_kind", primary_key=True))
    first_day: date = Field(primary_key=True)
    last_day: date


class LocalPhone(SQLModel, table=True):
    """A number the estate adds before the national ones for one kind of danger."""

    __tablename__ = "local_phone"
    __table_args__ = (sa.UniqueConstraint("estate_id", "danger", "number"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    danger: str = Field(max_length=24)
    position: int = Field(default=0)
    name: str = Field(max_length=60)
    number: str = Field(max_length=30)
