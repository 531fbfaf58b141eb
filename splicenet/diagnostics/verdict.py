"""From evidence to a verdict: what is wrong, how one knows, and which switch to try next.

Each rule reads the evidence and finds something or does not. The first finding, in the order of
:data:`_RULES`, is the verdict: what breaks training stands before what only weakens it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from splicenet.diagnostics.curves import mean_precision
from splicenet.diagnostics.evidence import Evidence
from splicenet.diagnostics.horizon import HORIZON_SHARE
from splicenet.diagnostics.remedies import (
    SATURATED,
    Remedy,
    against_exploding,
    against_overfitting,
    against_underfitting,
    against_vanishing,
)

__all__ = ["Finding", "judge"]

EXPLODING = 10.0
"""Times its norm at the site to which a gradient grows on its way. Gates and mixing of units move
it by small factors; ten is beyond them, and every step further multiplies."""

UNDERFITTING = 0.5
"""Share of the base rate's loss that is left on sequence trained on. To know that introns begin
with GT and end with AG, and nothing else, leaves 0.6 (at a donor in 500 bases the loss shrinks by
ln 16 / (1 + ln 500)): above a half, hardly more has been learned."""

OVERFITTING = 0.25
"""How much more of the base rate's loss is left on other sequence than on that trained on. Drawn
anew, 32 windows of 4,096 bases gave shares with a standard deviation of 0.02."""

FALLEN = 0.05
"""Loss of AUPRC since the best evaluation, while the training loss fell on."""

LATER = 2
"""Evaluations after the best one that must agree: one alone may be chance."""

LEAP = 100.0
"""Times its median so far to which the gradient's norm leaps when training breaks."""


@dataclass(frozen=True)
class Finding:
    """Something found, with its evidence in numbers and what to try, the best first."""

    name: str
    evidence: tuple[str, ...]
    remedies: tuple[Remedy, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def judge(evidence: Evidence) -> list[Finding]:
    """Everything found, the verdict first; *healthy* if there is nothing."""
    found = [finding for rule in _RULES if (finding := rule(evidence)) is not None]
    return found or [Finding("healthy", _signs_of_health(evidence))]


def _exploding(evidence: Evidence) -> Finding | None:
    signs = [
        f"{flow.name}: |dL/dh| grows to {flow.growth:.3g} times its value at the site; spectral "
        f"radius of a step {flow.radius[1]:.2f} (median)"
        for flow in evidence.flows
        if not flow.growth < EXPLODING
    ]
    if evidence.metrics is not None:
        norms = evidence.metrics["gradient_norm"].to_numpy()
        broken = ~np.isfinite(norms)
        for row in range(1, len(norms)):
            broken[row] |= norms[row] > LEAP * np.median(norms[:row])
        signs += [
            f"gradient norm {norms[i]:.3g} before step {evidence.metrics['step'].iloc[i]:,.0f}"
            for i in np.flatnonzero(broken)[:1]
        ]
    return Finding("exploding", tuple(signs), against_exploding(evidence)) if signs else None


def _no_recurrence(evidence: Evidence) -> Finding | None:
    if evidence.config is None or evidence.config.architecture != "conv":
        return None
    reach = evidence.config.reach
    return Finding(
        "no recurrent level",
        (f"convolutions and no more: nothing beyond {reach:,} bases to either side is seen",),
        (Remedy("--architecture hybrid", "adds a recurrent level to the same convolutions"),),
    )


def _silent(evidence: Evidence) -> Finding | None:
    if not evidence.flows or not all(flow.silent for flow in evidence.flows):
        return None
    return Finding(
        "no gradient reaches the recurrent level",
        (f"dL/dh_t is 0, or no number, at all of {evidence.sites} sites: an untrained head, or "
         "weights that are not finite",),
        against_underfitting(evidence),
    )  # fmt: skip


def _vanishing(evidence: Evidence) -> Finding | None:
    if not evidence.flows or _silent(evidence) or evidence.horizon >= evidence.reach:
        return None
    signs = [
        f"{flow.name}: |dL/dh| falls to {HORIZON_SHARE:.0%} of its value at the site within "
        f"{flow.horizon:,.0f} bases ({flow.horizon / flow.bases:.0f} steps); spectral radius of "
        f"a step {flow.radius[1]:.2f} (median)"
        for flow in evidence.flows
    ]
    signs.append(
        f"a level that is to see more than the convolutions, or an exon, needs {evidence.reach:,}"
    )
    if evidence.saturation > SATURATED:
        signs.append(f"{evidence.saturation:.0%} of the gates' values are below 0.05 or above 0.95")
    name = "vanishing gradient"
    if _is_underfitting(evidence):
        name += ", underfitting"
        signs += _fit_signs(evidence)
    return Finding(name, tuple(signs), against_vanishing(evidence))


def _overfitting(evidence: Evidence) -> Finding | None:
    signs: list[str] = []
    seen, unseen = evidence.seen, evidence.unseen
    if seen and unseen and unseen.unexplained - seen.unexplained > OVERFITTING:
        signs += _fit_signs(evidence)
    signs += _fallen(evidence)
    if not signs:
        return None
    name = "overfitting"
    if evidence.flows and evidence.horizon >= evidence.reach:
        name += " with long memory"
        signs.append(f"the gradient reaches {_bases(evidence.horizon, evidence)} back")
    return Finding(name, tuple(signs), against_overfitting(evidence))


def _fallen(evidence: Evidence) -> list[str]:
    """Whether the validation AUPRC fell while the training loss went on falling."""
    if evidence.metrics is None:
        return []
    precision, loss = mean_precision(evidence.metrics), evidence.metrics["loss"].to_numpy()
    if np.isnan(precision).all():
        return []
    best = int(np.nanargmax(precision))
    after = slice(best + 1, None)
    if len(loss[after]) < LATER or np.nanmax(precision[after][-LATER:]) > precision[best] - FALLEN:
        return []
    if not np.all(loss[after][-LATER:] < loss[best]):
        return []
    step = evidence.metrics["step"].iloc[best]
    return [
        f"validation AUPRC was best at step {step:,.0f}, {precision[best]:.3f}, and is "
        f"{precision[-1]:.3f} now, while the training loss fell from {loss[best]:.2f} to "
        f"{loss[-1]:.2f} nats/kb"
    ]


def _underfitting(evidence: Evidence) -> Finding | None:
    vanishing = _vanishing(evidence) or _silent(evidence)
    if vanishing or not _is_underfitting(evidence):
        return None
    return Finding("underfitting", tuple(_fit_signs(evidence)), against_underfitting(evidence))


def _is_underfitting(evidence: Evidence) -> bool:
    return evidence.seen is not None and not evidence.seen.unexplained <= UNDERFITTING


def _fit_signs(evidence: Evidence) -> list[str]:
    signs = []
    for fit, where in ((evidence.seen, "trained on"), (evidence.unseen, "not trained on")):
        if fit is not None:
            signs.append(
                f"around {fit.sites:,} sites {where}: loss {fit.loss:.2f} nats/kb, "
                f"{fit.unexplained:.0%} of that of a constant ({fit.base_rate:.2f})"
            )
    return signs


def _signs_of_health(evidence: Evidence) -> tuple[str, ...]:
    signs = _fit_signs(evidence)
    if evidence.flows:
        growth = max(flow.growth for flow in evidence.flows)
        signs.append(
            f"the gradient reaches {_bases(evidence.horizon, evidence)} back and grows to no more "
            f"than {growth:.2g} times its value at the site"
        )
    if evidence.metrics is not None:
        precision = mean_precision(evidence.metrics)
        signs.append(
            f"validation AUPRC {precision[-1]:.3f} after {evidence.metrics['step'].iloc[-1]:,.0f} "
            "steps, and no fall that the training loss does not share"
        )
    return tuple(signs)


def _bases(horizon: float, evidence: Evidence) -> str:
    if math.isinf(horizon):
        return f"more than the {max(flow.window for flow in evidence.flows):,} bases looked at"
    return f"{horizon:,.0f} bases"


_RULES = (_exploding, _no_recurrence, _silent, _vanishing, _overfitting, _underfitting)
