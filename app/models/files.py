"""Files: uploads as stored after re-encoding; kept in the database so that they commit with their cause."""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class StoredFile(SQLModel, table=True):
    """The re-encoded bytes of an upload; the original is never kept."""

    __tablename__ = "stored_file"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(index=True)
    name: str = Field(max_length=120)
    media_type: str = Field(max_length=100)
    sha256: str = Field(max_length=64)
    size: int
    content: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    private: bool = Field(default=False)
    # NULL for a photo that came without an account.
    uploaded_by: UUID | None = Field(default=None, foreign_key="account.id")
    uploaded_at: datetime


class Thumbnail(SQLModel, table=True):
    """A small copy of a stored picture; apart from it, so that a list of pictures never reads the large ones."""

    __tablename__ = "thumbnail"
    file_id: UUID = Field(foreign_key="stored_file.id", primary_key=True)
    sha256: str = Field(max_length=64)
    content: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
