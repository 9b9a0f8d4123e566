"""Train the outline network on the cached scenes, for a given number of minutes; resumes by itself.

python training/outline_train.py --cache CACHE --run training/runs/outline --minutes 60 --seed 1
python training/outline_train.py --cache CACHE --run training/runs/next --minutes 60 --seed 2 --shipped OUTLINE.onnx
"""

from __future__ import annotations

import numpy as np
import torch
from loop import Pace, Task, begin, prepare, training_options
from outline_cache import Crop, Scenes, crop_of
from outline_network import OutlineNet
from torch import Tensor

FROM_NOTHING = Pace(peak_rate=2e-3, warm_up=100, average_decay=0.997, largest_gradient=2.0, check_every_s=300.0)
FROM_SHIPPED = Pace(peak_rate=1e-3, warm_up=100, average_decay=0.998, largest_gradient=2.0, check_every_s=300.0)
NEIGHBOUR_WEIGHT = 0.6  # of an error in the bodies beside this one, where surface counts 1
NEAR_MM, EDGE_MM = 1.5, 0.5  # how fast the weight falls from the surface; how soft the surface is to the overlap loss
COLUMNS = (slice(20, 36), slice(16, 40), slice(None))  # the middle of the crop, over which heights are summed
GROUPS = ("CT thin", "CT thick", "MR thin", "MR thick")
THICK_MM = 2.6
COLUMNS_CHECKED = (
    *(f"dice {group}" for group in GROUPS),
    *(f"height {what} {kind}" for kind in ("whole", "lost") for what in ("bias", "error")),
)


def tensors(crop: Crop) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(1, 2, X, Y, Z) what the network sees, (1, 1, X, Y, Z) distance, known and neighbour."""
    seen = torch.from_numpy(np.stack([crop.image, crop.belief])[None])
    distance, known, neighbour = (
        torch.from_numpy(part[None, None].copy()) for part in (crop.distance_mm, crop.known, crop.neighbour)
    )
    return seen, distance, known, neighbour


def outline_loss(found: Tensor, truth: Tensor, known: Tensor, neighbour: Tensor) -> Tensor:
    """Mean absolute error of the distance, most of it near the surface, and one minus the soft overlap."""
    weight = known * (0.15 + torch.exp(-truth.abs() / NEAR_MM) + NEIGHBOUR_WEIGHT * neighbour)
    error = ((found - truth).abs() * weight).sum() / weight.sum().clamp(min=1.0)
    p, q = torch.sigmoid(-found / EDGE_MM) * known, torch.sigmoid(-truth / EDGE_MM) * known
    overlap = (2 * (p * q).sum() + 1) / ((p * p).sum() + (q * q).sum() + 1)
    return error + 1 - overlap


def validate(net: torch.nn.Module, scenes: Scenes) -> dict[str, float]:
    """Dice, and the height over the middle of fractured and whole bodies (bias and mean absolute error, mm)."""
    dice: dict[str, list[float]] = {group: [] for group in GROUPS}
    errors: dict[str, list[float]] = {"whole": [], "lost": []}
    rng = np.random.default_rng(1)
    for name in scenes.refresh():
        with np.load(name) as scene:
            for index in np.flatnonzero(scene["learned"])[:3]:
                crop = crop_of(scene, int(index), 0, rng)
                seen, truth, known, _ = tensors(crop)
                with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                    found = net(seen.contiguous(memory_format=torch.channels_last_3d))
                a, b = (found < 0) & (known > 0), (truth < 0) & (known > 0)
                if int(b.sum()) < 500:
                    continue
                group = ("CT " if crop.is_ct else "MR ") + ("thick" if crop.slice_mm > THICK_MM else "thin")
                dice[group].append(float(2 * (a & b).sum() / (a.sum() + b.sum())))
                if float(known[0, 0][COLUMNS].min()) > 0:
                    heights = [torch.clamp(0.5 - d[0, 0][COLUMNS], 0, 1).sum(-1).mean() for d in (found, truth)]
                    errors["lost" if crop.loss > 0.2 else "whole"].append(float(heights[0] - heights[1]))
    row = {f"dice {group}": round(float(np.mean(values)), 4) for group, values in dice.items() if values}
    for kind, values in errors.items():
        if values:
            row[f"height bias {kind}"] = round(float(np.mean(values)), 3)
            row[f"height error {kind}"] = round(float(np.mean(np.abs(values))), 3)
    return row


def _loss(net: torch.nn.Module, crop: Crop) -> Tensor:
    seen, truth, known, neighbour = tensors(crop)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = net(seen.contiguous(memory_format=torch.channels_last_3d))
    return outline_loss(found, truth, known, neighbour)


def main() -> None:
    """Train until the minutes are spent."""
    options = training_options(__doc__).parse_args()
    prepare(options.seed, options.threads)
    training = begin(OutlineNet(), options, FROM_NOTHING, FROM_SHIPPED)
    scenes, check = Scenes(options.cache / "train"), Scenes(options.cache / "check")
    rng = np.random.default_rng(options.seed + training.iteration)
    task = Task(
        lambda: scenes.draw(rng),
        _loss,
        lambda net: validate(net, check),
        COLUMNS_CHECKED,
        ("scenes", lambda: len(scenes.names)),
    )
    training.until_spent(task)


if __name__ == "__main__":
    main()
