"""What the commands that train have in common: what is held out, and how a run is shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from tqdm import tqdm

from splicenet.cli.progress import bases_bar, percent_bar
from splicenet.cli.task_options import task_lines, task_losses
from splicenet.training.course import Reporter
from splicenet.training.pace import Progress

__all__ = ["Terminal", "share_or_regions", "summary"]

_WEAK = 0.1
"""AUPRC of held-out sequence, that of the better kind, below which a model is of no use."""


def share_or_regions(text: str) -> float | str:
    """A number between 0 and 1 is a share; everything else names regions."""
    try:
        share = float(text)
    except ValueError:
        return text
    if os.path.exists(text) or not 0 <= share < 1:
        return text
    return share


class Terminal(Reporter):
    """Progress bars on a terminal, a line for each evaluation anywhere."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._learning = False

    def note(self, sentence: str) -> None:
        """Print it."""
        tqdm.write(sentence, file=sys.stderr)

    def step(self, progress: Progress) -> None:
        """Move the bar, or begin one."""
        if self._bar is None or not self._learning:
            self._show(percent_bar("training"), learning=True)
        assert self._bar is not None
        self._bar.set_postfix_str(
            f" step {progress.step:,}, loss {progress.loss:.3f}, "
            f"{progress.bases_per_second / 1000:.0f} kb/s, "
            f"{progress.seconds_left / 60:.0f} min left",
            refresh=False,
        )
        self._bar.update(100 * progress.share - self._bar.n)

    def evaluation(self, row: dict[str, float]) -> None:
        """Print a line."""
        self.note(
            f"step {row['step']:,.0f}, {row['minutes']:.1f} min: loss {row['loss']:.3f} nats/kb, "
            f"validation AUPRC donor {row['auprc_donor']:.3f}, "
            f"acceptor {row['auprc_acceptor']:.3f}{task_losses(row)}"
        )

    def scoring(self, what: str, strand_bases: int) -> Callable[[int], object]:
        """Begin another bar."""
        bar = bases_bar(what, strand_bases)
        self._show(bar, learning=False)
        return bar.update

    def close(self) -> None:
        """Leave the last bar as it is."""
        if self._bar is not None:
            self._bar.close()

    def _show(self, bar: tqdm[Any], *, learning: bool) -> None:
        self.close()
        self._bar, self._learning = bar, learning


def summary(record: dict[str, Any], output: str) -> str:
    """What a user wants to know when it is over."""
    lines = [
        f"{output}: best at step {record['best_step']:,} of {record['steps']:,} "
        f"({record['minutes']:.1f} min)"
    ]
    found: list[float] = []
    for species, protocols in record["metrics"].items():
        for kind, values in protocols["both strands"].items():
            if values["auprc"] is not None:
                found.append(values["auprc"])
                lines.append(
                    f"{species}, held out, both strands: {values['sites']:,} {kind}s, "
                    f"AUPRC {values['auprc']:.3f}, top-k {values['top_k']:.3f}"
                )
    if found and max(found) < _WEAK:
        lines.append(
            "note: it has hardly learned anything yet; train longer, or begin from a model that "
            "ships (--init universal)"
        )
    return "\n".join([*lines, *task_lines(record.get("task_metrics", {}))])
