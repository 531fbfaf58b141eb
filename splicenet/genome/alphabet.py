"""DNA as small integers: A, C, G, T are 0 to 3 and everything unknown is 4 (``N``).

Lower case is sequence. The other IUPAC letters stand for an unknown base and become ``N``; so does
``U``'s DNA twin ``T``: RNA reads like DNA.
"""

from __future__ import annotations

import numpy as np

__all__ = ["LETTERS", "N", "bases_of", "decode", "encode", "reverse_complement"]

LETTERS = "ACGTN"
N = 4
_NOT_DNA = 255

_CODES = np.full(256, _NOT_DNA, dtype=np.uint8)
for _letters, _code in (
    ("Aa", 0),
    ("Cc", 1),
    ("Gg", 2),
    ("TtUu", 3),
    ("NnRrYySsWwKkMmBbDdHhVv", N),
):
    _CODES[np.frombuffer(_letters.encode(), dtype=np.uint8)] = _code
_BASES = np.zeros(256, dtype=np.uint8)
for _letter, _members in (
    *zip("ACGTU", ("A", "C", "G", "T", "T"), strict=True),
    *(("R", "AG"), ("Y", "CT"), ("S", "CG"), ("W", "AT"), ("K", "GT"), ("M", "AC")),
    *(("B", "CGT"), ("D", "AGT"), ("H", "ACT"), ("V", "ACG"), ("N", "ACGT")),
):
    _BASES[[ord(_letter), ord(_letter.lower())]] = sum(1 << LETTERS.index(m) for m in _members)
_TEXT = np.frombuffer(LETTERS.encode(), dtype=np.uint8)
_COMPLEMENT = np.array([3, 2, 1, 0, N], dtype=np.uint8)


def encode(sequence: str | bytes) -> np.ndarray:
    """Letters to codes.

    Returns
    -------
    numpy.ndarray
        Codes 0 to 4, shape ``(len(sequence),)``, dtype uint8.

    Raises
    ------
    ValueError
        If a letter is not a nucleotide code; the message names it and its 0-based position.
    """
    data = sequence.encode("latin-1", "replace") if isinstance(sequence, str) else sequence
    codes = _CODES[np.frombuffer(data, dtype=np.uint8)]
    wrong = np.flatnonzero(codes == _NOT_DNA)
    if wrong.size:
        position = int(wrong[0])
        raise ValueError(f"{chr(data[position])!r} at position {position} is not a nucleotide code")
    return codes


def bases_of(sequence: str) -> np.ndarray:
    """Which bases each letter may stand for: bit 0 for A to bit 3 for T, (len(sequence),), uint8.

    0 for what is no nucleotide code.
    """
    return _BASES[np.frombuffer(sequence.encode("latin-1", "replace"), dtype=np.uint8)]


def decode(codes: np.ndarray) -> str:
    """Codes, shape ``(length,)``, back to upper-case letters."""
    return _TEXT[codes].tobytes().decode("ascii")


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """The other strand, in its own reading direction; the last axis is the sequence."""
    return _COMPLEMENT[codes[..., ::-1]]
