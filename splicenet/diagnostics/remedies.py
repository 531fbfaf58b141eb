"""Switches of ``splicenet train`` against what was found, the likeliest to help first."""

from __future__ import annotations

import math
from dataclasses import dataclass

from splicenet.diagnostics.evidence import Evidence
from splicenet.diagnostics.horizon import HORIZON_SHARE
from splicenet.model.cells import GATED

__all__ = [
    "SATURATED",
    "Remedy",
    "against_exploding",
    "against_overfitting",
    "against_underfitting",
    "against_vanishing",
]

SATURATED = 0.75
"""Share of gate values nearly 0 or 1 from which the gates are stuck: where a sigmoid is flat, no
gradient enters it. With drives of a standard deviation of 1 it is under a hundredth."""


@dataclass(frozen=True)
class Remedy:
    """A switch, as it is typed, and why it should help."""

    switch: str
    why: str


def against_vanishing(evidence: Evidence) -> tuple[Remedy, ...]:
    """Open the gates, or take a cell that has some; let the gradient pass the cuts."""
    config = evidence.config
    remedies = []
    if evidence.saturation > SATURATED:
        why = "normalised drives: the gates are stuck nearly shut or open"
        remedies.append(Remedy("--cell layernorm-lstm", why))
    bias = f"--forget-bias {_open_bias(evidence):.1f}"
    why = f"keeps {HORIZON_SHARE:.0%} of the state over {_steps(evidence):.0f} steps"
    if config is not None and config.cell in GATED:
        needed = math.ceil(_steps(evidence) / -math.log(HORIZON_SHARE))
        if config.cell == "diagonal" and needed > config.memory:
            longer = f"{why}; now {config.memory}"
            remedies.append(Remedy(f"--longest-memory {needed}", longer))
        else:
            remedies.append(Remedy(bias, why))
        if config.first_weights != "chrono":
            remedies.append(Remedy("--initialisation chrono", "gates that forget at all paces"))
    else:
        remedies.append(Remedy(f"--cell lstm {bias}", "a cell state that is kept, not squashed"))
        remedies.append(Remedy("--cell orthogonal", "a recurrent matrix that shrinks nothing"))
    bptt = evidence.training.get("bptt")
    if bptt is not None and bptt < 2 * evidence.reach:
        why = f"the gradient is cut every {bptt:,} bases"
        remedies.append(Remedy(f"--bptt {4 * evidence.reach}", why))
    return tuple(remedies)


def against_exploding(evidence: Evidence) -> tuple[Remedy, ...]:
    """Keep the recurrent matrix from stretching, and the step from following the stretch."""
    config, training = evidence.config, evidence.training
    remedies = []
    if config is None or config.cell not in (*GATED, "orthogonal"):
        remedies.append(Remedy("--cell orthogonal", "a recurrent matrix that stretches nothing"))
        remedies.append(Remedy("--cell lstm", "gates keep the state, whatever its weights"))
    if config is None or (config.cell != "diagonal" and config.first_weights != "orthogonal"):
        remedies.append(Remedy("--initialisation orthogonal", "training starts without stretching"))
    clip = training.get("clip", 1.0)
    remedies.append(Remedy(f"--clip {clip / 4:g}", f"no single step goes far; now {clip:g}"))
    bptt = training.get("bptt") or 8 * evidence.reach
    remedies.append(Remedy(f"--bptt {bptt // 4}", "fewer steps for the gradient to grow over"))
    return tuple(remedies)


def against_overfitting(evidence: Evidence) -> tuple[Remedy, ...]:
    """More sequence, or less to learn it by heart with."""
    decay = evidence.training.get("weight_decay", 0.01)
    remedies = [
        Remedy("--samplesheet", "more genomes: what is common to them cannot be learned by heart"),
        Remedy(f"--weight-decay {10 * decay or 0.1:g}", f"smaller weights; now {decay:g}"),
    ]
    if evidence.config is not None:
        hidden = max(1, evidence.config.hidden // 2)
        remedies.append(Remedy(f"--hidden {hidden}", f"less memory; now {evidence.config.hidden}"))
    remedies.append(Remedy("--patience 2", "stops soon after the best evaluation"))
    return tuple(remedies)


def against_underfitting(evidence: Evidence) -> tuple[Remedy, ...]:
    """Learn longer, at the right pace, with more units."""
    remedies = [
        Remedy("--epochs or --minutes", "train longer: the curves show whether it still learns"),
        Remedy("--learning-rate", "`splicenet diagnose --lr-range` suggests one"),
    ]
    if evidence.config is not None:
        hidden = 2 * evidence.config.hidden
        remedies.append(Remedy(f"--hidden {hidden}", f"more units; now {evidence.config.hidden}"))
    return tuple(remedies)


def _steps(evidence: Evidence) -> float:
    """Steps over which something of the state must be left: twice the reach, to be safe."""
    return max(2.0, 2 * evidence.reach / max((flow.bases for flow in evidence.flows), default=1))


def _open_bias(evidence: Evidence) -> float:
    """Log-odds of a gate that over these steps keeps the share that defines the horizon."""
    kept = HORIZON_SHARE ** (1 / _steps(evidence))
    return math.ceil(10 * math.log(kept / (1 - kept))) / 10
