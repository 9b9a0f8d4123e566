"""What does the network have to get right? Class fractions per voxel and the centre heat-map."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

CLASS_WEIGHTS = (0.6, 1.4, 1.0, 1.6, 1.0, 1.6)  # the thin disc decides whether two bodies stay apart
HEAT_WEIGHT = 4.0
DEEP_WEIGHTS = (1.0, 0.4, 0.2)


def _one_scale(logits: Tensor, fractions: Tensor, heat: Tensor, known: Tensor) -> Tensor:
    logits = logits.float()
    classes = logits[:, :-1]
    log_p = functional.log_softmax(classes, dim=1)
    weights = torch.tensor(CLASS_WEIGHTS).view(1, -1, 1, 1, 1)
    seen = known.sum().clamp(min=1.0)
    cross_entropy = -(weights * fractions * log_p * known).sum() / seen
    p = log_p.exp() * known
    truth = fractions * known
    axes = (0, 2, 3, 4)
    overlap, total, present = (p * truth).sum(axes), (p * p).sum(axes) + (truth * truth).sum(axes), truth.sum(axes) > 8
    dice = (2 * overlap + 1) / (total + 1)
    present[0] = False
    dice_loss = 1 - dice[present].mean() if bool(present.any()) else logits.new_zeros(())
    heat_loss = functional.binary_cross_entropy_with_logits(logits[:, -1:], heat, reduction="none")
    heat_loss = (heat_loss * (0.1 + 2 * heat) * known).sum() / seen
    return cross_entropy + dice_loss + HEAT_WEIGHT * heat_loss


def locate_loss(outputs: list[Tensor], fractions: Tensor, heat: Tensor, known: Tensor) -> Tensor:
    """Cross-entropy and Dice (over the classes present) against class fractions, plus the heat-map's loss.

    Args:
        outputs: logits (B, 7, X, Y, Z) at full, half and quarter resolution, or at full resolution alone.
        fractions: (B, 6, X, Y, Z) share of each class in the voxel, summing to 1.
        heat: (B, 1, X, Y, Z) centre heat-map, 0–1.
        known: (B, 1, X, Y, Z) 1 where the image has data, 0 outside the field of view.
    """
    loss = outputs[0].new_zeros((), dtype=torch.float32)
    for weight, logits in zip(DEEP_WEIGHTS, outputs, strict=False):
        loss = loss + weight * _one_scale(logits, fractions, heat, known)
        fractions, heat, known = (functional.avg_pool3d(x, 2) for x in (fractions, heat, known))
        known = (known > 0.5).float()
    return loss
