"""Collect the interface's Chinese sentences and renew the English catalogue; lists what has no English yet."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
ENGLISH = ROOT / "app" / "locales" / "en" / "LC_MESSAGES" / "messages.po"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
OPTIONS = {
    name: {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
    for name in ("templates/**.html", "templates/**.txt")
}
# Without dates and tool versions, so that the file changes only where a sentence does.
HEADER = """\
# The interface in English. Renewed by scripts/messages.py; the source language is Simplified Chinese.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def extracted() -> Catalog:
    """Every sentence of the code and the templates, sorted, without line numbers, so that the file changes little."""
    catalogue = Catalog(locale="en", charset="utf-8")
    for _file, _line, message, _comments, context in _messages():
        catalogue.add(message, context=context)
    return catalogue


def _messages() -> Iterator[tuple]:
    return extract_from_dir(ROOT / "app", METHODS, OPTIONS, KEYWORDS)


def present() -> Catalog:
    """The English catalogue as it stands."""
    if not ENGLISH.exists():
        return Catalog(locale="en", charset="utf-8")
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def save(catalogue: Catalog) -> None:
    """Write the English catalogue, sorted; entries whose Chinese is gone are not in it."""
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    with ENGLISH.open("wb") as file:
        file.write(HEADER.encode())
        write_po(file, catalogue, omit_header=True, sort_output=True, no_location=True, width=110)


def missing(catalogue: Catalog) -> list[str]:
    """Sentences without English."""
    found = []
    for message in catalogue:
        strings = message.string if isinstance(message.string, list | tuple) else [message.string]
        if message.id and not all(strings):
            found.append(message.id if isinstance(message.id, str) else message.id[0])
    return found


def main(typed: Sequence[str] = ()) -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="fail while a sentence has no English")
    asked = arguments.parse_args(typed)
    fresh, known = extracted(), present()
    for message in fresh:
        if message.id:
            old = known.get(
                message.id if isinstance(message.id, str) else message.id[0], context=message.context
            )
            if old is not None and old.string:
                message.string = old.string
    save(fresh)
    left = missing(fresh)
    print(f"{len(fresh)} sentences, {len(left)} without English")
    print("\n".join(left))
    return 1 if left and asked.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
