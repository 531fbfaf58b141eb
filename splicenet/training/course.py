"""How any run begins, is followed and comes to its end, whatever it learns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from splicenet.exceptions import OutputError, TrainingError
from splicenet.training.loop import Trainer
from splicenet.training.pace import Progress

__all__ = ["Reporter", "checkpoint_path", "claim", "run_to_the_end"]


class Reporter:
    """Hears how a run goes; the default says nothing."""

    again = "go on with --resume instead of --restart"
    """How a run that was interrupted goes on."""

    def note(self, sentence: str) -> None:
        """Something the user should know."""

    def step(self, progress: Progress) -> None:
        """One step is done."""

    def evaluation(self, row: dict[str, float]) -> None:
        """The validation sequence was scored."""

    def scoring(self, what: str, strand_bases: int) -> Callable[[int], object]:
        """A long scoring begins; the function returned hears of strand-bases done."""
        return lambda bases: None


def checkpoint_path(output: str | Path) -> Path:
    """Where the run that makes ``output`` keeps its checkpoint."""
    return Path(f"{output}.checkpoint")


def claim(output: str | Path, expected: bool) -> Path:
    """The checkpoint of a run that is to begin.

    Raises
    ------
    OutputError, TrainingError
        If the output is a folder, or a checkpoint is there that is not ``expected``.
    """
    if Path(output).is_dir():
        raise OutputError("this is a folder; name a file in it", path=output)
    checkpoint = checkpoint_path(output)
    if checkpoint.exists() and not expected:
        raise TrainingError(
            "a run that did not end left this checkpoint; go on with --resume, "
            "or throw it away with --restart",
            path=checkpoint,
        )
    return checkpoint


def run_to_the_end(trainer: Trainer, checkpoint: Path, resume: bool, reporter: Reporter) -> None:
    """Go on from the checkpoint, if that is asked for and possible, and learn to the end."""
    if resume and checkpoint.exists():
        trainer.resume()
        reporter.note(f"resumed at step {trainer.state.step}")
    elif resume:
        reporter.note(f"{checkpoint} is not there: the run begins anew")
    trainer.save()  # a folder that cannot be written shows now, not in an hour
    try:
        trainer.run(reporter.step, reporter.evaluation, reporter.note)
    except KeyboardInterrupt:
        reporter.note(f"stopped at step {trainer.state.step:,}; {reporter.again}")
        raise
