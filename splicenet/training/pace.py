"""How far a run is, and how fast it goes."""

from __future__ import annotations

from dataclasses import dataclass

from splicenet.training.checkpoint import RunState

__all__ = ["Pace", "Progress"]

_RECENT = 50
"""Steps whose losses a progress bar shows the mean of."""


@dataclass(frozen=True)
class Progress:
    """What a progress bar shows."""

    step: int
    share: float
    """Of the budget that is spent, 0 to 1."""
    loss: float
    """Nats a kilobase, the mean of the last steps."""
    bases_per_second: float
    seconds_left: float


@dataclass
class Pace:
    """What was done since this process began or resumed the run."""

    since: float
    """Seconds of the run that were over then."""
    steps: int = 0
    bases: int = 0

    def add(self, bases: int, *, steps: int = 1) -> None:
        """Count steps."""
        self.steps += steps
        self.bases += bases

    def progress(
        self, state: RunState, share: float, *, planned: int | None, minutes: float | None
    ) -> Progress:
        """Look ahead after a step at least, to ``planned`` steps or, without them, ``minutes``."""
        seconds = max(state.seconds - self.since, 1e-9)
        if planned is None:
            left = (1 - share) * 60 * (minutes or 0)
        else:
            left = seconds / self.steps * (planned - state.step)
        recent = state.losses[-_RECENT:]
        return Progress(
            state.step, share, sum(recent) / len(recent), self.bases / seconds, max(left, 0.0)
        )
