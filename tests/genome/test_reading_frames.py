from __future__ import annotations

import numpy as np
import pytest

from splicenet.genome.alphabet import encode
from splicenet.genome.reading_frames import frame_through


@pytest.mark.parametrize(
    ("exons", "bases"),
    [
        (["ATGGCC", "GCCGCC"], 12),
        (["GCC", "TAACTAACTAAC", "GCC"], 0),  # a stop codon in every frame
        (
            ["TAACTAACTAAC", "GCC", "GCC"],
            15,
        ),  # from behind the first TAA, of another frame than the others
        (["GCC", "GCC", "CTAACTAACTAA"], 15),  # up to the third TAA
        (["CTAACTA", "ACTAAC"], 9),  # the second TAA lies across the junction
        (["TNAGTG", "NCTNGC"], 12),  # what is not known is no stop codon
    ],
)
def test_a_frame_goes_through_every_junction(exons, bases):
    assert frame_through([encode(exon) for exon in exons]) == bases == through(exons)


def through(exons) -> int:
    """Codon by codon: the longest run of codons without a stop that holds every inner base."""
    text, first = "".join(exons), len(exons[0])
    last, longest = len(text) - len(exons[-1]), 0
    for frame in range(3):
        start = frame
        for place in range(frame, len(text) + 3, 3):
            if text[place : place + 3] in ("TAA", "TAG", "TGA") or place >= len(text):
                end = min(place, len(text))
                if start <= first and last <= end:
                    longest = max(longest, end - start)
                start = place + 3
    return longest


@pytest.mark.parametrize("cut", [(60,), (60, 130), (11, 40, 200)])
def test_frames_of_any_sequence(cut):
    random, found = np.random.default_rng(len(cut)), set()
    for _ in range(300):
        text = "".join(random.choice(list("ACGT"), 260, p=(0.2, 0.35, 0.25, 0.2)))
        exons = [text[a:b] for a, b in zip((0, *cut), (*cut, len(text)), strict=True)]
        found.add(through(exons))
        assert frame_through([encode(exon) for exon in exons]) == through(exons)
    assert len(found) > 20
