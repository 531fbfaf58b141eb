"""One family of errors for everything that a user can put right.

The command line catches :class:`SplicenetError` once, at the top, prints its single sentence and
exits with code 2. Subclasses only name what was being read or written.
"""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "AlignmentError",
    "AnnotationError",
    "ContigError",
    "ModelFileError",
    "MotifError",
    "OutputError",
    "RegionError",
    "SamplesheetError",
    "SequenceError",
    "SplicenetError",
    "TaskError",
    "TrainingError",
    "VariantError",
]


class SplicenetError(Exception):
    """A mistake in the input, said in one sentence with its place.

    Parameters
    ----------
    message
        What is wrong and what to do about it, as one sentence.
    path, line, contig
        Where it is wrong; put before the message, ``line`` counted from 1.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | Path | None = None,
        line: int | None = None,
        contig: str | None = None,
    ) -> None:
        self.message = message
        self.path = None if path is None else str(path)
        self.line = line
        self.contig = contig
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        place = [] if self.path is None else [self.path]
        if self.line is not None:
            place.append(f"line {self.line}")
        if self.contig is not None:
            place.append(f"contig {self.contig}")
        return f"{', '.join(place)}: {self.message}" if place else self.message


class SequenceError(SplicenetError):
    """A FASTA, GenBank or EMBL file that cannot be read as DNA."""


class AnnotationError(SplicenetError):
    """An annotation that cannot be read, or contradicts its genome."""


class AlignmentError(SplicenetError):
    """A BAM or CRAM that cannot be read, or belongs to another genome."""


class ContigError(SplicenetError):
    """Contig names of two files that cannot be brought together."""


class RegionError(SplicenetError):
    """A region or a BED of regions that does not fit the genome."""


class SamplesheetError(SplicenetError):
    """A table of species that cannot be used."""


class ModelFileError(SplicenetError):
    """A file that is no splicenet model, or one this version cannot read."""


class MotifError(SplicenetError):
    """A file of motifs that cannot be read."""


class TaskError(SplicenetError):
    """A task that does not exist, or whose labels cannot be read."""


class TrainingError(SplicenetError):
    """A training run that cannot start, go on or be resumed."""


class VariantError(SplicenetError):
    """A VCF that cannot be read, or that belongs to another genome."""


class OutputError(SplicenetError):
    """A result that cannot be written."""
