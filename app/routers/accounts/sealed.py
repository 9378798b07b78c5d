"""Sealed: what a browser keeps for us in a cookie, signed so that it comes back as it was written."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any


def seal(label: str, values: Any, secret: bytes) -> str:
    """`label` keeps what was written for one cookie from being read as another."""
    body = urlsafe_b64encode(json.dumps(values).encode()).decode()
    return f"{body}.{_signature(label, body, secret)}"


def unseal(label: str, text: str, secret: bytes) -> Any:
    """What was sealed; None for anything that this installation did not write under this label."""
    body, _, signature = text.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(label, body, secret).encode()):
        return None
    return json.loads(urlsafe_b64decode(body))


def _signature(label: str, body: str, secret: bytes) -> str:
    return hmac.new(secret, f"{label}|{body}".encode(), hashlib.sha256).hexdigest()
