"""Effects of variants as VCF's INFO fields and as rows of a table.

Offsets count from the record's POS, on the plus strand, as SpliceAI's do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from splicenet.genome.vcf import VcfRecord
from splicenet.genome.vcf_writer import info_line
from splicenet.inference.alleles import REASONS
from splicenet.inference.annotate import Annotated
from splicenet.inference.effects import CHANGES, Effect

__all__ = ["Fields", "is_field_name", "table_header", "table_rows"]

_NAME = re.compile(r"[A-Za-z_][0-9A-Za-z_.]*")
_RESERVED = frozenset(
    "AA AC AD ADF ADR AF AN BQ CIGAR DB DP END H2 H3 MQ MQ0 NS SB SOMATIC VALIDATED"
    " IMPRECISE NOVEL SVTYPE SVLEN CIPOS CIEND HOMLEN HOMSEQ BKPTID MEINFO METRANS".split()
)
_UNSAFE = re.compile(r"[\s,;|=%]")
_SCORES = "|".join([*(f"DS_{c}" for c in CHANGES), *(f"DP_{c}" for c in CHANGES)])
_RAW = "|".join([*(f"REF_{c}" for c in CHANGES), *(f"ALT_{c}" for c in CHANGES)])


class Fields:
    """The INFO fields of a run.

    Parameters
    ----------
    tag
        Name of the field with the scores; that of raw probabilities ends in ``Raw``, that of
        reasons in ``Skip``.
    raw
        Whether raw probabilities are written too.
    """

    def __init__(self, tag: str, *, raw: bool) -> None:
        self._tag = tag
        self._raw = raw

    def header(self, version: str) -> list[str]:
        """Lines that declare the fields."""
        lines = [
            info_line(
                self._tag,
                f"splicenet {version} variant scores: changes of probability (DS) and their offsets"
                " from POS (DP) for acceptor gain (AG), acceptor loss (AL), donor gain (DG) and"
                f" donor loss (DL). Format: ALLELE|SYMBOL|{_SCORES}",
            ),
            info_line(
                f"{self._tag}Skip",
                "Alleles that were not scored and why "
                f"({'; '.join(f'{name}: {text}' for name, text in REASONS.items())}). "
                "Format: ALLELE|REASON",
            ),
        ]
        if self._raw:
            text = f"Probabilities at these offsets. Format: ALLELE|SYMBOL|{_RAW}"
            lines.append(info_line(f"{self._tag}Raw", text))
        return lines

    def info(self, annotated: Annotated) -> dict[str, str]:
        """Values by field; an empty one means that the record has no such field."""
        return {
            self._tag: ",".join(_entry(allele, effect) for allele, effect in annotated.effects),
            f"{self._tag}Skip": ",".join(
                f"{_safe(allele)}|{reason}" for allele, reason in annotated.skipped
            ),
            f"{self._tag}Raw": ",".join(
                "|".join([allele, _safe(effect.symbol), *_digits(effect.ref), *_digits(effect.alt)])
                for allele, effect in (annotated.effects if self._raw else ())
            ),
        }


def is_field_name(text: str) -> bool:
    """Whether a text may name an INFO field, and VCF gives it no meaning of its own."""
    return bool(_NAME.fullmatch(text)) and text not in _RESERVED


def table_header() -> str:
    """Column names of the table."""
    columns = ["contig", "pos", "ref", "alt", "symbol", "strand"]
    for what in ("DS", "DP", "REF", "ALT"):
        columns += [f"{what}_{change}" for change in CHANGES]
    return "\t".join([*columns, "skipped"])


def table_rows(record: VcfRecord, annotated: Annotated) -> Iterator[str]:
    """One row for every allele and gene; ``pos`` is the record's, counted from 1."""
    place = (record.contig, record.columns[1], record.ref)
    for allele, effect in annotated.effects:
        values = (
            *_digits(effect.scores),
            *map(str, effect.offsets),
            *_digits(effect.ref),
            *_digits(effect.alt),
        )
        yield "\t".join([*place, allele, effect.symbol, effect.strand, *values, "."])
    for allele, reason in annotated.skipped:
        yield "\t".join([*place, allele, *["."] * (2 + 4 * len(CHANGES)), reason])


def _entry(allele: str, effect: Effect) -> str:
    scores = [f"{score:.2f}" for score in effect.scores]
    return "|".join([allele, _safe(effect.symbol), *scores, *map(str, effect.offsets)])


def _digits(values: Sequence[float]) -> Iterable[str]:
    return (f"{value:.6g}" for value in values)


def _safe(text: str) -> str:
    """Without the characters that have a meaning in INFO."""
    return _UNSAFE.sub("_", text)
