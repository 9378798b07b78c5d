"""Everything the domain can refuse, drawn as a tree.

    Refusal                      a sentence for the person, with what to do
    ├── Invalid                  what was typed cannot be used (422); carries the field
    ├── NotSignedIn              no session, or it ran out (401)
    ├── NotAllowed               a member without the right (403)
    ├── NotFound                 does not exist, or is none of a stranger's business (404)
    ├── Conflict                 the moment has passed, or somebody was first (409)
    ├── TooLarge                 more than we read (413)
    ├── TooMany                  a limit was reached (429); carries the seconds to wait
    └── Halted                   the installation waits for a person's decision (503)

The HTTP status of each stands in one table, `app/routers/refusals.py`.
"""

from __future__ import annotations

from typing import Any


def N_(message: str) -> str:  # noqa: N802 — the name gettext users know
    """Mark a Chinese sentence for the catalogue; it is translated where it is shown."""
    return message


class Refusal(Exception):
    """A refusal with a sentence.

    `message` is a msgid with `%(name)s` holes, `values` fills them; `code` is stable and machine-readable;
    `field` names the form field at fault, when there is one.
    """

    def __init__(self, message: str, *, code: str = "", field: str = "", **values: Any) -> None:
        super().__init__(message % values if values else message)
        self.message = message
        self.code = code or type(self).__name__.lower()
        self.field = field
        self.values = values


class Invalid(Refusal):
    """What was typed cannot be used."""


class NotSignedIn(Refusal):
    """The page needs a signed-in person."""


class NotAllowed(Refusal):
    """The person belongs here but has not this right."""


class NotFound(Refusal):
    """It does not exist, or not for this person."""


class Conflict(Refusal):
    """The state does not allow it any more, or somebody was first."""


class TooLarge(Refusal):
    """More than we read."""


class TooMany(Refusal):
    """A limit was reached; `values["seconds"]` says when to come back."""


class Halted(Refusal):
    """The installation does not go on with this until a person has decided."""
