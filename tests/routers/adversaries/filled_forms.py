"""The forms of a page as a browser would send them, with something typed into what is empty."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """Where it goes, and its fields in order; a name may come more than once."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    boxes: dict[str, str] = field(default_factory=dict)  # not ticked
    files: list[str] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)  # of the typed fields: text, date, number …
    required: set[str] = field(default_factory=set)

    def sent(self, **more: str) -> dict[str, list[str]]:
        first = {name: [value] for name, value in self.buttons[:1]}
        return {**self.fields, **first, **{name: [value] for name, value in more.items()}}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.inside = False
        self.select, self.options = "", list[str]()
        self.chosen, self.area = "", ""
        self.radios: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("method") == "post"
            if self.inside:
                self.forms.append(Form(given.get("action", "")))
                self.radios = {}
        elif self.inside:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form, name, kind = self.forms[-1], given.get("name", ""), given.get("type", "text")
        value = given.get("value", "")
        form.required |= {name} if "required" in given else set()
        if tag == "select":
            self.select, self.options, self.chosen = name, [], ""
        elif tag == "option" and self.select:
            self.options.append(value)
            self.chosen = value if "selected" in given else self.chosen
        elif tag == "textarea":
            self.area = name
            form.fields[name] = [""]
            form.kinds[name] = "textarea"
        elif tag == "button" and name:
            form.buttons.append((name, value))
        elif tag == "input" and name and kind == "file":
            form.files.append(name)
        elif tag == "input" and name and kind == "radio":
            if "checked" in given or name not in self.radios:
                self.radios[name] = value
                form.fields[name] = [value]
        elif tag == "input" and name and kind == "checkbox" and "checked" not in given:
            form.boxes.setdefault(name, value or "on")
        elif tag == "input" and name:
            form.fields.setdefault(name, []).append(value)
            form.kinds[name] = kind

    def handle_data(self, data: str) -> None:
        if self.area and self.inside:
            self.forms[-1].fields[self.area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self.area:
            form, self.area = self.forms[-1], ""
            form.fields = {
                name: [one.strip("\n") for one in values] if name != "csrf" else values
                for name, values in form.fields.items()
            }
        elif tag == "select" and self.select:
            first = next((one for one in self.options if one), "")
            self.forms[-1].fields[self.select] = [self.chosen or first]
            self.select = ""


def forms_of(html: str) -> list[Form]:
    """Every form of a page that writes; a choice nobody made falls on the first."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms
