"""The sample of sheets to compare: all below three hundred, 298 from there on, the same for whoever draws it again."""

from collections import Counter
from hashlib import sha256

from app.rules.votes.samples import draw, sample_size

SERIALS = [f"{number:04d}-0000" for number in range(1000)]


def test_below_three_hundred_all_are_compared() -> None:
    assert [sample_size(count) for count in (0, 1, 299, 300, 301, 10_000)] == [0, 1, 299, 298, 298, 298]


def test_298_without_an_error_rule_out_one_in_a_hundred() -> None:
    # The reason for the number: the chance to meet none of 1 % wrong ones stays below 5 %.
    assert 0.99**298 < 0.0501 < 0.99**297


def test_the_order_of_the_sheets_does_not_matter_and_seed_and_head_do() -> None:
    sample = draw("0817", "ab", SERIALS)
    assert sample == draw("0817", "ab", reversed(SERIALS))
    assert len(set(sample)) == 298
    assert set(sample) != set(draw("0818", "ab", SERIALS)) != set(draw("0817", "ac", SERIALS))


def test_the_rank_is_the_hash_that_the_docstring_says() -> None:
    first = min(SERIALS, key=lambda serial: sha256(b"5\nff\n" + serial.encode()).hexdigest())
    assert draw("5", "ff", SERIALS)[0] == first


def test_every_sheet_has_about_the_same_chance() -> None:
    hits = Counter(serial for seed in range(60) for serial in draw(str(seed), "h", SERIALS))
    assert len(hits) > 990
    assert max(hits.values()) < 40
