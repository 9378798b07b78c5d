"""The figures of a count as plain integers: what is sealed, hashed, published and compared."""

from __future__ import annotations

from collections.abc import Sequence

from app.rules.votes.tally import Tally


def result_document(tallies: Sequence[Tally]) -> dict[str, object]:
    """The figures of the first item, and of every item where the paper had several, in its order."""
    documents = [tally_document(tally) for tally in tallies]
    return {**documents[0], "items": documents} if len(documents) > 1 else documents[0]


def tally_document(tally: Tally) -> dict[str, object]:
    """The six figures and the rest as plain integers; where the silent join the majority, both counts under `silent`."""
    if tally.without_silent is None:
        return _figures(tally)
    both = {"without": _figures(tally.without_silent), "with": _figures(tally)}
    return {**both["with"], "silent": both}


def _figures(tally: Tally) -> dict[str, object]:
    names = ("total", "part", "for", "against", "abstain", "spoiled", "mixed")
    figures: dict[str, object] = {
        f"{name}_{unit}": getattr(tally, f"{name}_{unit}") for name in names for unit in ("area", "heads")
    }
    return {**figures, "result": tally.result.value}
