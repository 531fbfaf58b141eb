"""The training loop: draw a batch, follow the gradient, look at the validation sequence."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from splicenet.evaluation.scored import NotANumber
from splicenet.exceptions import TrainingError
from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species
from splicenet.genome.tasks import SPLICE
from splicenet.model.network import SpliceNetwork
from splicenet.training.balance import Balance
from splicenet.training.batches import Batches
from splicenet.training.checkpoint import (
    RunState,
    Tensors,
    load_checkpoint,
    restore,
    save_checkpoint,
    snapshot,
)
from splicenet.training.descent import NotFinite, descend, make_optimizer
from splicenet.training.goals import Goal, SpliceSites
from splicenet.training.grounds import TrainingGround
from splicenet.training.meta import part_of_the_way
from splicenet.training.pace import Pace, Progress
from splicenet.training.settings import TrainingSettings
from splicenet.training.shares import task_columns
from splicenet.training.signals import interrupts_held_back

__all__ = ["Trainer"]


class Trainer:
    """Fits a network to the labelled windows of some species.

    Parameters
    ----------
    network
        On its device; its weights change in place.
    grounds
        Where windows are drawn.
    validation
        Species and regions that are scored at every evaluation.
    settings
        The choices of the run.
    checkpoint
        Path of the checkpoint file.
    identity
        What makes this run this run, as JSON: a checkpoint of another is refused.
    goal
        What is learned; by default splice sites, and the network's tasks.
    """

    def __init__(
        self,
        network: SpliceNetwork,
        grounds: Sequence[TrainingGround],
        validation: Sequence[tuple[Species, list[Interval]]],
        settings: TrainingSettings,
        *,
        checkpoint: Path,
        identity: dict[str, Any],
        goal: Goal | None = None,
    ) -> None:
        self.network = network
        self.settings = settings
        self.state = RunState()
        self.best: Tensors = {}
        self._goal = goal or SpliceSites(validation, settings.validation_bases)
        self._checkpoint = checkpoint
        self._identity = identity
        self._planned = settings.planned_steps(sum(ground.strand_bases for ground in grounds))
        device = next(network.parameters()).device
        self._batches = Batches(grounds, settings, network.config, device)
        self.balance = Balance(network.config.tasks, settings.weights, settings.balance).to(device)
        self._learning = nn.ModuleDict({"network": network, "balance": self.balance})
        self._optimizer = make_optimizer(network, settings, self.balance)
        self._good = snapshot(self._learning, self._optimizer)

    @property
    def share(self) -> float:
        """How much of the budget is spent, 0 to 1."""
        if self._planned is not None:
            return min(1.0, self.state.step / self._planned)
        assert self.settings.minutes is not None
        return min(1.0, self.state.seconds / (60 * self.settings.minutes))

    @property
    def _rate(self) -> float:
        state = self.state
        return self.settings.rate(state.step, self.share, setbacks=len(state.setbacks))

    def resume(self) -> None:
        """Go back to the checkpoint.

        Raises
        ------
        TrainingError
            If it belongs to another run or cannot be read.
        """
        self.state, self._batches.state, (self.best, self._good) = load_checkpoint(
            self._checkpoint,
            identity=self._identity,
            network=self._learning,
            optimizer=self._optimizer,
            kept=("best", "good"),
        )

    def save(self) -> None:
        """Write the checkpoint."""
        save_checkpoint(
            self._checkpoint,
            identity=self._identity,
            state=self.state,
            sampler=self._batches.state,
            network=self._learning,
            optimizer=self._optimizer,
            kept={"best": self.best, "good": self._good},
        )

    def run(
        self,
        on_step: Callable[[Progress], object] = lambda progress: None,
        on_evaluation: Callable[[dict[str, float]], object] = lambda row: None,
        on_note: Callable[[str], object] = lambda sentence: None,
    ) -> None:
        """Train to the end of the budget; :attr:`best` then holds the best weights.

        However it ends, a checkpoint is left first: a signal is obeyed once the step at hand, or
        the evaluation, is done. From a loss, gradient or score that is not finite the run goes back
        to its last evaluation and on at half the learning rate, as often as ``retries`` says.

        Raises
        ------
        TrainingError
            If the loss, its gradient or a score is not finite once more.
        KeyboardInterrupt
            After SIGINT or SIGTERM.
        """
        began = time.monotonic() - self.state.seconds
        saved = time.monotonic()
        pace, settings = Pace(self.state.seconds), self.settings
        with interrupts_held_back() as interrupted:
            while not (self.state.finished or interrupted()):
                try:
                    pace.add(self._learn(), steps=settings.meta or 1)
                    self.state.seconds = time.monotonic() - began
                    on_step(
                        pace.progress(
                            self.state, self.share, planned=self._planned, minutes=settings.minutes
                        )
                    )
                    due = math.floor(self.share * settings.evaluations + 1e-9)
                    if due > self.state.evaluations:
                        on_evaluation(self._evaluate())
                        self._remember()
                        self.state.evaluations = due
                        self.state.finished = self.share >= 1 or self._stale()
                        if self.share < 1 and self.state.finished:
                            on_note(self._early())
                except NotFinite as error:
                    on_note(self._go_back(error))
                    continue
                self.state.seconds = time.monotonic() - began
                if time.monotonic() - saved > 60 * settings.checkpoint_minutes:
                    self.save()
                    saved = time.monotonic()
            self.save()
        if interrupted():
            raise KeyboardInterrupt

    def _learn(self) -> int:
        """Take a step, or ``meta`` of them and a part of the way there; gives the bases read."""
        rate, meta = self._rate, self.settings.meta
        if not meta:
            return self._step(rate)
        full = self.settings.learning_rate * 0.5 ** len(self.state.setbacks)
        with part_of_the_way(self._learning, rate / full):
            return sum(self._step(full) for _ in range(meta))

    def _step(self, rate: float) -> int:
        """Read and learn from one batch; gives its bases."""
        state = self.state
        batch = self._batches.draw(state.step, self.share)
        step = descend(
            self.network,
            self._optimizer,
            batch,
            self.settings,
            rate=rate,
            balance=self.balance,
            losses=self._goal.losses,
        )
        state.step += 1
        state.bases += batch.bases
        state.losses.append(step.loss)
        for name, loss in step.losses.items():
            if name != SPLICE:
                state.task_losses.setdefault(name, []).append(loss)
        state.norms.append(step.norm)
        state.clipped += step.clipped
        return batch.bases

    def _remember(self) -> None:
        """Make this the state to go back to."""
        self._good = snapshot(self._learning, self._optimizer)
        self.state.good_step, self.state.good_bases = self.state.step, self.state.bases

    def _go_back(self, error: NotFinite) -> str:
        """Return to the last good state and say so; the windows that failed do not come again.

        Evaluations, not checkpoints, are the states to return to: when a checkpoint is written is
        a matter of time, and the same command is to give the same weights.
        """
        state = self.state
        failed, retries = state.step + 1, self.settings.retries
        restore(self._good, self._learning, self._optimizer)
        state.step, state.bases = state.good_step, state.good_bases
        self._forget()
        state.setbacks.append({"step": failed, "cause": str(error), "back_to": state.step})
        what = f"{error} at step {failed}"
        if len(state.setbacks) > retries:
            self.save()
            raise TrainingError(
                f"{what}; --resume goes on from step {state.step} at half the learning rate, "
                "--restart with a lower --learning-rate or --clip begins anew"
            )
        return (
            f"warning: {what}; back to step {state.step} and on at half the learning rate "
            f"(retry {len(state.setbacks)} of {retries})"
        )

    def _evaluate(self) -> dict[str, float]:
        """Score the validation sequence, keep the weights if they are the best so far."""
        state = self.state
        try:
            score, columns = self._goal.judge(self.network)
        except NotANumber as error:
            raise NotFinite(str(error)) from error
        # Where no site is, or none is taught, the last weights are as good a choice as any.
        blind = math.isnan(score) or not self.balance.weights[SPLICE]
        if blind or score > state.best_score:
            state.best_score, state.best_step = max(score, state.best_score), state.step
            self.best = {n: t.detach().clone() for n, t in self.network.state_dict().items()}
        row = {
            "step": state.step,
            "minutes": state.seconds / 60,
            "strand_bases": state.bases,
            "learning_rate": self._rate,
            "loss": sum(state.losses) / len(state.losses),
            "gradient_norm": sum(state.norms) / len(state.norms),
            "clipped": state.clipped / len(state.norms),
            **columns,
        }
        if self.network.config.tasks:
            probe = self._batches.probe()
            row |= task_columns(self.network, self.balance, state.task_losses, probe, self.settings)
        self._forget()
        state.history.append(row)
        return row

    def _forget(self) -> None:
        """Begin anew with what is gathered between two evaluations."""
        state = self.state
        state.losses, state.task_losses, state.norms, state.clipped = [], {}, [], 0

    def _stale(self) -> bool:
        """Whether the last evaluations, ``patience`` of them, brought nothing better."""
        later = [row for row in self.state.history if row["step"] > self.state.best_step]
        return len(later) >= self.settings.patience

    def _early(self) -> str:
        """Why the run ends before its budget does."""
        return (
            f"stopped early, at step {self.state.step:,}: nothing better was found since step "
            f"{self.state.best_step:,}, in as many evaluations as patience lasts "
            f"({self.settings.patience})"
        )
