"""Train the locate network on the generated volumes of a cache, for a given number of minutes; resumes by itself.

python training/train.py --cache CACHE --run training/runs/locate --minutes 75 --seed 1
python training/train.py --cache CACHE --run training/runs/locate-2 --minutes 30 --seed 2 --shipped WEIGHTS.onnx
"""

from __future__ import annotations

import numpy as np
import torch
from cache import PATCH, SMALL_PATCH, Cache, Patch
from loop import Pace, Task, begin, prepare, training_options
from losses import locate_loss
from network import CLASSES, LocateNet
from torch import Tensor

FROM_NOTHING = Pace(peak_rate=1.5e-3, warm_up=150, average_decay=0.998, largest_gradient=5.0, check_every_s=240.0)
FROM_SHIPPED = Pace(peak_rate=8e-4, warm_up=150, average_decay=0.998, largest_gradient=5.0, check_every_s=240.0)
SMALL_UNTIL = 0.75  # of the time small patches are drawn, when training begins from nothing


def _tensors(patch: Patch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    def tensor(values: np.ndarray, lead: int) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values))[(None,) * lead]

    return tensor(patch.image, 2), tensor(patch.fractions, 1), tensor(patch.heat, 2), tensor(patch.known, 2)


def _loss(net: torch.nn.Module, patch: Patch, scales: int) -> Tensor:
    """The loss at full resolution and, with more scales, at coarser ones."""
    image, fractions, heat, known = _tensors(patch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = net(image.contiguous(memory_format=torch.channels_last_3d))
    return locate_loss(outputs[:scales], fractions, heat, known)


def validate(net: torch.nn.Module, cache: Cache) -> dict[str, float]:
    """Dice of every class over the centre patch of every rendering of the validation volumes."""
    overlap, total = np.zeros(len(CLASSES)), np.zeros(len(CLASSES))
    for name in cache.refresh():
        for image in cache.images(name):
            shape = np.load(image, mmap_mode="r").shape
            start = tuple((n - p) // 2 for n, p in zip(shape, PATCH, strict=True))
            pixels, fractions, _, known = _tensors(cache.patch(name, image, (start[0], start[1], start[2])))
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                logits = net(pixels.contiguous(memory_format=torch.channels_last_3d))
            found, truth = logits[0, : len(CLASSES)].argmax(0), fractions[0].argmax(0)
            inside = known[0, 0] > 0
            for index in range(len(CLASSES)):
                a, b = (found == index) & inside, (truth == index) & inside
                overlap[index] += 2 * float((a & b).sum())
                total[index] += float(a.sum() + b.sum())
    return {f"dice {name}": round(float(overlap[i] / max(total[i], 1)), 4) for i, name in enumerate(CLASSES) if i}


def main() -> None:
    """Train until the minutes are spent."""
    options = training_options(__doc__).parse_args()
    prepare(options.seed, options.threads)
    training = begin(LocateNet(), options, FROM_NOTHING, FROM_SHIPPED)
    cache, check = Cache(options.cache / "train"), Cache(options.cache / "check")
    rng = np.random.default_rng(options.seed + training.iteration)
    # The file that ships holds no weights for the coarser outputs, so they are not learned from either.
    scales = 1 if options.shipped else 3

    def draw() -> Patch:
        return cache.draw(rng, SMALL_PATCH if not options.shipped and training.progress < SMALL_UNTIL else PATCH)

    task = Task(
        draw,
        lambda net, patch: _loss(net, patch, scales),
        lambda net: validate(net, check),
        tuple(f"dice {name}" for name in CLASSES[1:]),
        ("volumes", lambda: len(cache.names)),
    )
    training.until_spent(task)


if __name__ == "__main__":
    main()
