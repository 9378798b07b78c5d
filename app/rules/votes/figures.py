"""The figures of a count as plain integers: what is sealed, hashed, published and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.rules.votes.tally import Tally


def result_document(tallies: Sequence[Tally], *, decides: bool = True) -> dict[str, object]:
    """The figures of the first item, and of every item where the paper had several, in its order.

    Without `decides`, as of a survey, nothing says whether anything passed: it has figures and no result.
    """
    documents = [tally_document(tally, decides=decides) for tally in tallies]
    return {**documents[0], "items": documents} if len(documents) > 1 else documents[0]


def tally_document(tally: Tally, *, decides: bool = True) -> dict[str, object]:
    """The six figures and the rest as plain integers; where the silent join the majority, both counts under `silent`."""
    if tally.without_silent is None:
        return _figures(tally, decides)
    both = {"without": _figures(tally.without_silent, decides), "with": _figures(tally, decides)}
    return {**both["with"], "silent": both}


def names_result(document: Mapping[str, object], *, survey: bool) -> bool:
    """Whether a sealed document says what passed: of a survey only those sealed when surveys were counted like votes."""
    return not survey or "result" in document


def _figures(tally: Tally, decides: bool) -> dict[str, object]:
    names = ("total", "part", "for", "against", "abstain", "spoiled", "mixed")
    figures: dict[str, object] = {
        f"{name}_{unit}": getattr(tally, f"{name}_{unit}") for name in names for unit in ("area", "heads")
    }
    return {**figures, "result": tally.result.value} if decides else figures
