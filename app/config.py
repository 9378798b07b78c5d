"""Settings: one class, read once, from the environment (upper-case names) or `.env`."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every knob of an installation; `docs/operating.md` explains each in words."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore")

    data_dir: Path = Path("data")
    database_url: str = ""
    public_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    # Demo mode shows the outbox on screen and offers one sign-in button per demo person. Never in production.
    demo: bool = False
    worker: Literal["inline", "separate"] = "inline"
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    secure_cookies: bool = False
    secret_key: str = ""

    # Whether staff must show a code from their phone's authenticator, or may; whoever set one up is asked for it either way.
    staff_second_factor: Literal["required", "offered"] = "required"

    # Who may read `/metrics` from another machine; without it only this machine may.
    metrics_token: str = ""
    # Where a worker of its own serves them; 0 is nowhere.
    worker_metrics_host: str = "127.0.0.1"
    worker_metrics_port: int = Field(default=0, ge=0, le=65535)

    # The public half of the key that backups are encrypted to; several are parted by spaces.
    backup_recipient: str = ""

    # Requests a second, for long; two minutes' worth may come at once. 0 is no limit.
    rate_per_address: int = Field(default=100, ge=0, le=100_000)
    rate_per_account: int = Field(default=10, ge=0, le=100_000)
    # Looks at records of other people, for long; an hour's worth may come at once. 0 is no limit.
    records_per_account: int = Field(default=300, ge=0, le=100_000)

    pool_size: int = Field(default=5, ge=1, le=50)
    close_grace_seconds: int = Field(default=60, ge=0, le=600)

    sms_gateway: Literal["none", "http"] = "none"
    sms_url: str = ""
    sms_method: Literal["POST", "GET"] = "POST"
    sms_body: str = '{"phone": "{phone}", "content": "{text}"}'
    sms_headers: str = "{}"
    sms_ok: str = ""
    sms_signature: str = "好商量"
    sms_timeout_seconds: float = 8.0

    sms_per_phone_day: int = 5
    sms_per_address_day: int = 20
    sms_site_day: int = 2000
    sms_resend_seconds: int = 60
    code_failures_per_phone_hour: int = 10
    code_failures_site_hour: int = 200

    def resolved_database_url(self) -> str:
        """The SQLAlchemy address: SQLite in the data directory unless `DATABASE_URL` says otherwise."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'haoshangliang.db'}"
        url = self.database_url
        for plain in ("postgres://", "postgresql://"):
            if url.startswith(plain):
                return "postgresql+psycopg://" + url[len(plain) :]
        return url

    @property
    def second_factor_required(self) -> bool:
        """Nobody walks through a demo with an authenticator in hand."""
        return self.staff_second_factor == "required" and not self.demo

    def present_secret(self) -> bytes | None:
        """The installation's secret if it is there; None instead of making one."""
        path = self.data_dir / "secret.key"
        if self.secret_key:
            return self.secret_key.encode()
        return path.read_text().strip().encode() if path.exists() else None

    def resolved_secret(self) -> bytes:
        """The installation's secret; made once and kept in the data directory, readable by its owner only."""
        if self.secret_key:
            return self.secret_key.encode()
        path = self.data_dir / "secret.key"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text().strip().encode()
