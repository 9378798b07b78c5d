"""Deliver: hand due messages to the gateway; the claim and each result are transactions of their own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from app.channels import sms
from app.channels.sms import DeliveryFailed
from app.config import Settings
from app.database import Database
from app.rules.accounts import CODE_LIFE, PROOF_LIFE
from app.services import outbox
from app.services.accounts import codes
from app.services.accounts.codes import BLANK, SIGN_IN_CODE, blank_message
from app.services.outbox import Letter

log = logging.getLogger("haoshangliang.deliver")

Renderer = Callable[[str, Mapping[str, object]], str]
_MOST_AT_ONCE = 20
NEWS = "news"


def tick(
    database: Database,
    settings: Settings,
    *,
    now: datetime,
    render: Renderer,
    client: sms.Client | None = None,
) -> int:
    """Deliver what is due; how many messages were tried.

    Sending happens outside any transaction, so a slow gateway holds no lock. A worker that dies between
    sending and noting it leaves a lease that runs out: a message may go out twice, with the same id, but is
    never lost.
    """
    with database.transaction() as session:
        codes.clear_old(session, now=now)
        letters = outbox.claim_due(session, now=now, limit=_batch(settings))
    if not letters:
        return 0
    if client is not None:
        _deliver_all(database, settings, letters, now=now, render=render, client=client)
    else:
        with sms.connect(settings) as own:
            _deliver_all(database, settings, letters, now=now, render=render, client=own)
    return len(letters)


def _batch(settings: Settings) -> int:
    # Connecting, writing and reading may each take the whole timeout; all must fit into the lease.
    fitting = int(outbox.LEASE.total_seconds() // max(1.0, 3 * settings.sms_timeout_seconds))
    return max(1, min(_MOST_AT_ONCE, fitting))


def _deliver_all(
    database: Database,
    settings: Settings,
    letters: list[Letter],
    *,
    now: datetime,
    render: Renderer,
    client: sms.Client,
) -> None:
    for letter in letters:
        failure = _try(settings, letter, now=now, render=render, client=client)
        _settle(database, settings, letter, failure, now=now)


def _try(
    settings: Settings, letter: Letter, *, now: datetime, render: Renderer, client: sms.Client
) -> DeliveryFailed | None:
    if letter.phone is None:
        return None  # it stands on the person's message page, and there is nowhere else to send it
    is_code = letter.template == SIGN_IN_CODE
    if is_code and (letter.values.get("code") == BLANK or now >= letter.created_at + CODE_LIFE):
        return DeliveryFailed("the code has expired or was used", permanent=True)
    try:
        if letter.proved_at is not None and now - letter.proved_at > PROOF_LIFE:
            # Whoever has the number by now may be a stranger: what happened stands behind the sign-in.
            text = _as_sms(settings, render(NEWS, {}), "/me/messages")
        else:
            text = _as_sms(settings, render(letter.template, letter.values), letter.link)
    except Exception as error:  # one bad template must not hold up the queue
        log.error("message template %s cannot be filled: %s", letter.template, type(error).__name__)
        return DeliveryFailed(f"template: {type(error).__name__}", permanent=True)
    try:
        sms.send(settings, phone=letter.phone, text=text, message_id=letter.id.hex, client=client)
    except DeliveryFailed as failure:
        log.warning("message %s not delivered: %s", letter.id, failure.reason)
        return failure
    return None


def _as_sms(settings: Settings, text: str, path: str) -> str:
    """The text with the sender's name before it, as Chinese gateways ask, and the page's whole address behind."""
    signature = f"【{settings.sms_signature}】" if settings.sms_signature else ""
    link = f" {settings.public_url.rstrip('/')}{path}" if path else ""
    return f"{signature}{text}{link}"


def _settle(
    database: Database, settings: Settings, letter: Letter, failure: DeliveryFailed | None, *, now: datetime
) -> None:
    with database.transaction() as session:
        if failure is None:
            outbox.settle_sent(session, message_id=letter.id, now=now)
        else:
            outbox.settle_failed(
                session, message_id=letter.id, now=now, error=failure.reason, permanent=failure.permanent
            )
        is_done = failure is None or failure.permanent
        # The demo shows its outbox on screen; there a code stays until it is used or expires.
        if letter.template == SIGN_IN_CODE and is_done and not settings.demo:
            session.flush()
            blank_message(session, message_id=letter.id)
