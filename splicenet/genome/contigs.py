"""Which contig of one file is which contig of the genome.

Names are believed as far as they go and never guessed at: what could be two contigs is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from splicenet.exceptions import ContigError
from splicenet.genome import accessions

__all__ = ["match_contigs"]

Key = Callable[[str], str | None]
_SHOWN = 5


def match_contigs(
    theirs: Mapping[str, int | None],
    ours: Mapping[str, int],
    *,
    their_file: str | Path,
    our_file: str | Path,
    describe: Callable[[str], str] | None = None,
    whole: bool = False,
) -> dict[str, str]:
    """Match the contig names of another file to those of the genome.

    In this order: the same name; the same but for ``chr``, case and leading zeros; the same
    accession, then without its version; the same chromosome, by the FASTA's headers or RefSeq's
    accessions; and, where lengths are known, the only two contigs of one length, if that leaves no
    contig of one of the files without a partner. Two names of one
    file that say the same thing match nothing. A name that is only spelt differently is believed
    even where the contig is too short, because then the file belongs to another assembly and must
    not pass for one that fits; the rest must fit.

    Parameters
    ----------
    theirs
        Contig to length or, if ``whole`` is false, to the furthest end seen on it (0-based,
        exclusive); None where nothing is known.
    ours
        Contig of the genome to length.
    their_file, our_file
        The files, for the message.
    describe
        Gives the FASTA's header line of a contig of the genome; asked only where names fail.
    whole
        Whether ``theirs`` holds lengths of whole contigs; only equal lengths match then.

    Returns
    -------
    dict
        Their names to ours. Contigs that find no partner are left out.

    Raises
    ------
    ContigError
        If not one contig matches.
    """

    def our_chromosome(name: str) -> str | None:
        described = accessions.described_chromosome(describe(name)) if describe else None
        return described or accessions.chromosome(name)

    def may_be(their_name: str, our_name: str, *, trusted: bool) -> bool:
        if _differ_in_version(their_name, our_name):
            return False
        reach, length = theirs[their_name], ours[our_name]
        if reach is None:
            return trusted or not whole
        return reach == length if whole else trusted or reach <= length

    matched: dict[str, str] = {}
    steps: list[tuple[Key, Key, bool]] = [
        (str, str, True),
        (accessions.spelling, accessions.spelling, True),
        (accessions.versioned_accession, accessions.versioned_accession, False),
        (accessions.accession, accessions.accession, False),
        (accessions.chromosome, our_chromosome, False),
    ]
    for their_key, our_key, trusted in steps:
        if len(matched) == len(theirs):
            break
        taken = set(matched.values())
        left = _by_key((name for name in theirs if name not in matched), their_key)
        right = _by_key((name for name in ours if name not in taken), our_key)
        for key in left.keys() & right.keys():
            if may_be(left[key], right[key], trusted=trusted):
                matched[left[key]] = right[key]
    if whole:
        matched |= _of_one_length(
            {name: length for name, length in theirs.items() if name not in matched},
            {name: length for name, length in ours.items() if name not in matched.values()},
        )
    if not matched:
        raise ContigError(
            f"its contigs ({_some(theirs)}) cannot be matched to those of {our_file}"
            f" ({_some(ours)}); rename one side, or use files of the same assembly",
            path=their_file,
        )
    return {name: matched[name] for name in theirs if name in matched}


def _differ_in_version(one: str, other: str) -> bool:
    """Whether two names are versions of one sequence, like ``NC_000001.10`` and ``.11``."""
    if accessions.accession(one) != accessions.accession(other):
        return False
    versions = {accessions.versioned_accession(name) for name in (one, other)} - {None}
    return len(versions) == 2


def _of_one_length(theirs: Mapping[str, int | None], ours: Mapping[str, int]) -> dict[str, str]:
    """Contigs that no others are as long as, if all of one side are such.

    Single contigs of another assembly, or of a spike-in, may have the length of one by chance.
    """

    def length_in(lengths: Mapping[str, int | None]) -> Key:
        return lambda name: None if lengths[name] is None else str(lengths[name])

    left, right = _by_key(theirs, length_in(theirs)), _by_key(ours, length_in(ours))
    found = {left[key]: right[key] for key in left.keys() & right.keys()}
    found = {one: other for one, other in found.items() if not _differ_in_version(one, other)}
    return found if len(found) in (len(theirs), len(ours)) else {}


def _by_key(names: Iterable[str], key: Key) -> dict[str, str]:
    """Names by what they say, without those that say the same as another."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        said = key(name)
        if said is not None:
            groups[said].append(name)
    return {said: group[0] for said, group in groups.items() if len(group) == 1}


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:_SHOWN]) + (", ..." if len(shown) > _SHOWN else "")
