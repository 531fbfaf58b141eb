"""What the names of contigs say: spelling, accession, chromosome.

Each function gives the part of a name by which two files may call the same contig, or None where
the name has no such part.
"""

from __future__ import annotations

import re

__all__ = ["accession", "chromosome", "described_chromosome", "spelling", "versioned_accession"]

_PREFIX = re.compile(r"^(?:chromosome|chrom|chr)[_.-]?(?=.)", re.IGNORECASE)
_ORGANELLES = {
    "mt": ("m", "mt", "mito", "mtdna", "mitochondrion", "mitochondria"),
    "pt": ("c", "pt", "ptdna", "pltd", "cp", "chloroplast", "plastid"),
}
_ORGANELLE_NAMES = {name: key for key, names in _ORGANELLES.items() for name in names}
_ACCESSION = re.compile(
    r"(?:^|[|_])(?P<name>[A-Z]{2}_\d{6,9}|[A-Z]{1,2}\d{5,8}|[A-Z]{4,6}\d{8,})"
    r"(?:[.v](?P<version>\d+))?(?:$|[|_])"
)
_DESCRIBED = re.compile(r"\bchromosome (?P<name>\d+[A-Za-z]?|[IVX]+|[WXYZ])\b")
_ORGANELLE_DESCRIBED = re.compile(r"\b(mitochondrion|chloroplast|plastid)\b")
_FRAGMENT = re.compile(r"\b(unlocalized|unplaced|scaffold|contig|patch|alternate|partial)\b")


def _run(first: str, names: str) -> dict[str, str]:
    """Accessions that count upwards from the first, each with its chromosome."""
    letters, digits = first[:3], first[3:]
    return {
        f"{letters}{int(digits) + step:0{len(digits)}d}": name.lower()
        for step, name in enumerate(names.split())
    }


def _numbers(last: int) -> str:
    return " ".join(map(str, range(1, last + 1)))


_REFSEQ = {
    **_run("NC_000001", f"{_numbers(22)} X Y"),  # Homo sapiens
    "NC_012920": "mt",
    **_run("NC_000067", f"{_numbers(19)} X Y"),  # Mus musculus
    "NC_005089": "mt",
    **_run("NC_007112", _numbers(25)),  # Danio rerio
    **_run("NC_003279", "I II III IV V X"),  # Caenorhabditis elegans
    "NC_001328": "mt",
    "NC_004354": "x",  # Drosophila melanogaster
    "NT_033779": "2l",
    "NT_033778": "2r",
    "NT_037436": "3l",
    "NT_033777": "3r",
    "NC_004353": "4",
    "NC_024512": "y",
    "NC_024511": "mt",
    "NC_003070": "1",  # Arabidopsis thaliana
    "NC_003071": "2",
    "NC_003074": "3",
    "NC_003075": "4",
    "NC_003076": "5",
    "NC_037304": "mt",
    "NC_000932": "pt",
    **_run("NC_001133", "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI"),  # S. cerevisiae
    "NC_001224": "mt",
    "NC_003424": "i",  # Schizosaccharomyces pombe
    "NC_003423": "ii",
    "NC_003421": "iii",
}


def spelling(name: str) -> str:
    """A name without ``chr`` and leading zeros, in lower case; ``M`` and its like are ``mt``."""
    bare = _PREFIX.sub("", name).lower()
    bare = bare.lstrip("0") or bare
    return _ORGANELLE_NAMES.get(bare, bare)


def versioned_accession(name: str) -> str | None:
    """A GenBank or RefSeq accession with its version, ``KI270706.1`` in whichever wrapping."""
    match = _ACCESSION.search(name)
    return f"{match['name']}.{match['version']}" if match and match["version"] else None


def accession(name: str) -> str | None:
    """A GenBank or RefSeq accession without its version."""
    match = _ACCESSION.search(name)
    return match["name"] if match else None


def chromosome(name: str) -> str | None:
    """The chromosome that a name stands for: by RefSeq's table, or as it is spelt."""
    known = accession(name)
    return spelling(name) if known is None else _REFSEQ.get(known)


def described_chromosome(description: str) -> str | None:
    """The chromosome that a FASTA header speaks of, ``... thaliana chromosome 1, ...``."""
    if _FRAGMENT.search(description):
        return None
    if match := _DESCRIBED.search(description):
        return match["name"].lower()
    organelle = _ORGANELLE_DESCRIBED.search(description)
    return _ORGANELLE_NAMES[organelle[1]] if organelle else None
