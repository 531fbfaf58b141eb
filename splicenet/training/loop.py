"""The training loop: draw a batch, follow the gradient, look at the validation sequence."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from splicenet.evaluation.metrics import average_precision
from splicenet.evaluation.protocol import PROTOCOLS, tally_network
from splicenet.exceptions import TrainingError
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.network import SpliceNetwork
from splicenet.training.checkpoint import RunState, load_checkpoint, save_checkpoint
from splicenet.training.loss import splice_loss
from splicenet.training.settings import TrainingSettings
from splicenet.training.signals import interrupts_held_back
from splicenet.training.windows import TrainingGround, WindowSampler

__all__ = ["Progress", "Trainer", "VALIDATION_FLANK"]

VALIDATION_FLANK = 2048
"""Bases read beyond a window while training; the exact flank is measured at the end."""


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
    ) -> None:
        self.network = network
        self.settings = settings
        self.state = RunState()
        self.best: dict[str, Tensor] = {}
        self._validation = validation
        self._checkpoint = checkpoint
        self._identity = identity
        self._planned = settings.planned_steps(sum(ground.strand_bases for ground in grounds))
        self._device = next(network.parameters()).device
        self._optimizer = _optimizer(network, settings)
        self._sampler = WindowSampler(
            grounds,
            length=settings.length,
            batch_size=settings.batch_size,
            genes=settings.genes,
            margin=min(network.config.margin, settings.length // 4),
            seed=settings.seed,
        )

    @property
    def share(self) -> float:
        """How much of the budget is spent, 0 to 1."""
        if self._planned is not None:
            return min(1.0, self.state.step / self._planned)
        assert self.settings.minutes is not None
        return min(1.0, self.state.seconds / (60 * self.settings.minutes))

    def resume(self) -> None:
        """Go back to the checkpoint.

        Raises
        ------
        TrainingError
            If it belongs to another run or cannot be read.
        """
        self.state, self._sampler.state, self.best = load_checkpoint(
            self._checkpoint,
            identity=self._identity,
            network=self.network,
            optimizer=self._optimizer,
        )

    def save(self) -> None:
        """Write the checkpoint."""
        save_checkpoint(
            self._checkpoint,
            identity=self._identity,
            state=self.state,
            sampler=self._sampler.state,
            network=self.network,
            best=self.best,
            optimizer=self._optimizer,
        )

    def run(
        self,
        on_step: Callable[[Progress], object] = lambda progress: None,
        on_evaluation: Callable[[dict[str, float]], object] = lambda row: None,
    ) -> None:
        """Train to the end of the budget; :attr:`best` then holds the best weights.

        However it ends, a checkpoint is left first: a signal is obeyed once the step at hand, or
        the evaluation, is done.

        Raises
        ------
        TrainingError
            If the loss is no longer a number.
        KeyboardInterrupt
            After SIGINT or SIGTERM.
        """
        began = time.monotonic() - self.state.seconds
        saved = time.monotonic()
        first_step, first_second = self.state.step, self.state.seconds
        with interrupts_held_back() as interrupted:
            while not (self.state.finished or interrupted()):
                self._step()
                self.state.seconds = time.monotonic() - began
                on_step(self._progress(first_step, first_second))
                due = math.floor(self.share * self.settings.evaluations + 1e-9)
                if due > self.state.evaluations:
                    self.state.evaluations = due
                    on_evaluation(self._evaluate())
                    self.state.finished = self.share >= 1 or self._stale()
                self.state.seconds = time.monotonic() - began
                if time.monotonic() - saved > 60 * self.settings.checkpoint_minutes:
                    self.save()
                    saved = time.monotonic()
            self.save()
        if interrupted():
            raise KeyboardInterrupt

    def _step(self) -> None:
        settings, state = self.settings, self.state
        codes, labels = (torch.from_numpy(a).to(self._device) for a in self._sampler.draw())
        for group in self._optimizer.param_groups:
            group["lr"] = self._learning_rate()
        self.network.train()
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._device.type == "cuda"):
            logits = self.network(codes)
        loss = splice_loss(logits, labels, site_weight=settings.site_weight, focal=settings.focal)
        if not torch.isfinite(loss):
            raise TrainingError(self._not_a_number("loss"))
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), settings.clip)
        if not torch.isfinite(norm):
            raise TrainingError(self._not_a_number("gradient"))
        self._optimizer.step()
        state.step += 1
        state.losses.append(loss.item())
        state.norms.append(norm.item())

    def _not_a_number(self, what: str) -> str:
        return (
            f"the {what} is not a number at step {self.state.step + 1}; begin anew with a lower "
            "--learning-rate and --restart"
        )

    def _learning_rate(self) -> float:
        """Linear warm-up, then half a cosine down to a hundredth."""
        warm = min(1.0, (self.state.step + 1) / self.settings.warmup_steps)
        cosine = 0.01 + 0.99 * (1 + math.cos(math.pi * self.share)) / 2
        return self.settings.learning_rate * warm * cosine

    def _evaluate(self) -> dict[str, float]:
        """Score the validation sequence, keep the weights if they are the best so far."""
        state, settings = self.state, self.settings
        share = settings.validation_bases / len(self._validation)
        precisions = []
        for species, regions in self._validation:
            tally = tally_network(
                self.network, species, shorten(regions, int(share)), flank=VALIDATION_FLANK
            )
            scored = tally.scored[PROTOCOLS[0]]
            precisions.append([average_precision(scored[kind]) for kind in KINDS])
        # A validation part without a site has no AUPRC; the others speak for it. If none has one,
        # the last weights are as good a choice as any.
        values = torch.tensor(precisions, dtype=torch.float64).nanmean(0)
        score = values.nanmean().item()
        if math.isnan(score) or score > state.best_score:
            state.best_score, state.best_step = max(score, state.best_score), state.step
            self.best = {n: t.detach().clone() for n, t in self.network.state_dict().items()}
        row = {
            "step": state.step,
            "minutes": state.seconds / 60,
            "strand_bases": state.step * settings.batch_size * settings.length,
            "learning_rate": self._learning_rate(),
            "loss": sum(state.losses) / len(state.losses),
            "gradient_norm": sum(state.norms) / len(state.norms),
            "clipped": sum(norm > settings.clip for norm in state.norms) / len(state.norms),
            **{f"auprc_{kind}": values[i].item() for i, kind in enumerate(KINDS)},
        }
        state.losses, state.norms = [], []
        state.history.append(row)
        return row

    def _stale(self) -> bool:
        """Whether the last evaluations, ``patience`` of them, brought nothing better."""
        later = [row for row in self.state.history if row["step"] > self.state.best_step]
        return len(later) >= self.settings.patience

    def _progress(self, first_step: int, first_second: float) -> Progress:
        state = self.state
        steps, seconds = state.step - first_step, max(state.seconds - first_second, 1e-9)
        share = self.share
        if self.settings.minutes is not None:
            left = 60 * self.settings.minutes - state.seconds
        else:
            left = seconds / steps * (state.step / share - state.step)
        recent = state.losses[-50:]
        return Progress(
            state.step,
            share,
            sum(recent) / len(recent),
            steps * self.settings.batch_size * self.settings.length / seconds,
            max(left, 0.0),
        )


def shorten(regions: Sequence[Interval], strand_bases: int) -> list[Interval]:
    """The first regions that together hold no more than ``strand_bases`` on both strands."""
    left = strand_bases // 2
    kept = []
    for region in regions:
        if left <= 0:
            break
        kept.append(Interval(region.contig, region.start, min(region.end, region.start + left)))
        left -= len(kept[-1])
    return kept


def _optimizer(network: nn.Module, settings: TrainingSettings) -> torch.optim.AdamW:
    """AdamW that decays matrices and leaves biases and normalisations alone."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate)
