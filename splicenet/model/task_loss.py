"""How wrong the answers to a task are."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from splicenet.genome.labels import UNKNOWN
from splicenet.genome.tasks import Task

__all__ = ["TASK_SCALE", "gap", "task_loss"]

TASK_SCALE = 10.0
"""Losses of tasks are nats for ten bases, or ten windows, of which the answer is known.

The loss of splice sites is nats a kilobase, because a site comes once in some hundred bases. A task
whose answer is uncertain at every base costs as much in ten: so both begin at about 10, and a
weight of 1 means much the same for each.
"""


def task_loss(task: Task, answers: Tensor, labels: Tensor) -> Tensor:
    """The mean loss of what is known, times :data:`TASK_SCALE`.

    Cross-entropy of classes, and of a number between 0 and 1; of another number half its squared
    error in the task's units, the cross-entropy of a normal distribution but for a
    constant. Of what is trained against :func:`gap`, times the strength.

    Parameters
    ----------
    task
        What was asked.
    answers
        As :meth:`SpliceNetwork.read_all` gives them: (B, K, L) of a local task, (B, K) of a global,
        (B, C) of one that is trained against.
    labels
        (B, L) or (B,): uint8 classes, UNKNOWN where nothing is known, or float32 numbers, NaN
        there.

    Returns
    -------
    Tensor
        A scalar; 0, with a gradient of 0, if nothing is known.
    """
    if task.against:
        there = labels != UNKNOWN
        return TASK_SCALE * task.against * gap(answers[there], labels[there])
    if task.classes:
        known = labels != UNKNOWN
        loss = F.cross_entropy(answers, labels.long(), ignore_index=UNKNOWN, reduction="none")
    else:
        known = ~labels.isnan()
        wanted = labels.masked_fill(~known, 0).to(answers.dtype)  # NaN would pass a product with 0
        if task.bounded:
            loss = F.binary_cross_entropy_with_logits(answers[:, 0], wanted, reduction="none")
        else:
            loss = (answers[:, 0] - wanted).square() / 2
        loss = loss.masked_fill(~known, 0)
    return TASK_SCALE * loss.sum() / torch.count_nonzero(known).clamp(min=1)


def gap(states: Tensor, classes: Tensor) -> Tensor:
    """How much farther apart states of different classes lie than states of one.

    Mean squared distance between different classes less that within classes, by channel and in
    units of the channel's variance: without bias twice the variance of the classes' means, so that
    it may fall below 0 by chance. It is what the best linear critic of this very batch gains from
    telling them apart; to go down it is to turn that critic's gradient round (gradient reversal,
    Ganin & Lempitsky 2015), and unlike a head that learns, this critic never lags behind.

    Parameters
    ----------
    states
        (B, C).
    classes
        (B,).

    Returns
    -------
    Tensor
        A scalar; 0, with a gradient of 0, unless there are two classes, and one of them twice.
    """
    alike = classes[:, None] == classes
    different = ~alike
    alike = alike & ~torch.eye(len(classes), dtype=torch.bool, device=classes.device)
    if not (alike.any() and different.any()):
        return 0 * states.sum()
    spread = states.detach().std(0).clamp(min=1e-6)
    apart = (states[:, None] - states).div(spread).square().mean(-1)  # (B, B)
    return apart[different].mean() - apart[alike].mean()
