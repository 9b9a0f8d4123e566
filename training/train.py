"""Train the locate network on the generated volumes of a cache, for a given number of minutes; resumes by itself.

python training/train.py --cache CACHE --run training/runs/locate --minutes 75 --seed 1
python training/train.py --cache CACHE --run training/runs/locate-2 --minutes 30 --seed 2 --shipped WEIGHTS.onnx
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
import time
from pathlib import Path
from queue import Queue
from threading import Thread

import numpy as np
import torch
from cache import PATCH, SMALL_PATCH, Cache, Patch
from losses import locate_loss
from network import CLASSES, LocateNet
from shipped import take_shipped
from torch import Tensor

PEAK_RATE, LAST_RATE, WARM_UP = 1.5e-3, 1e-5, 150
RATE_AFTER_SHIPPED = 5e-4  # at most, when training begins from weights that are good already
EMA_DECAY = 0.998
SMALL_UNTIL = 0.75  # of the time small patches are drawn
LOG_EVERY, CHECK_EVERY_S = 50, 240.0


def _tensors(patch: Patch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    def tensor(values: np.ndarray, lead: int) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values))[(None,) * lead]

    return tensor(patch.image, 2), tensor(patch.fractions, 1), tensor(patch.heat, 2), tensor(patch.known, 2)


def _feed(cache: Cache, training: Training, seed: int, queue: Queue[Patch]) -> None:
    rng = np.random.default_rng(seed + training.iteration)
    while True:
        small = not training.begun_from_shipped and training.progress < SMALL_UNTIL
        queue.put(cache.draw(rng, SMALL_PATCH if small else PATCH))


def validate(net: torch.nn.Module, cache: Cache) -> dict[str, float]:
    """Dice of every class over the centre patch of every rendering of the validation volumes."""
    overlap, total = np.zeros(len(CLASSES)), np.zeros(len(CLASSES))
    net.eval()
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
    net.train()
    return {f"dice {name}": round(float(overlap[i] / max(total[i], 1)), 4) for i, name in enumerate(CLASSES) if i}


class Training:
    """The state that is saved and taken up again."""

    def __init__(self, run: Path, seed: int, minutes: float, shipped: Path | None) -> None:
        torch.manual_seed(seed)
        self.run, self.minutes, self.begun_from_shipped = run, minutes, shipped is not None
        self.net = LocateNet().to(memory_format=torch.channels_last_3d)
        if shipped is not None:
            take_shipped(self.net, shipped)
        self.average = copy.deepcopy(self.net)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=PEAK_RATE, weight_decay=1e-4, fused=True)
        self.iteration, self.elapsed_s = 0, 0.0
        run.mkdir(parents=True, exist_ok=True)
        if (run / "last.pt").exists():
            kept = torch.load(run / "last.pt", weights_only=True)
            self.net.load_state_dict(kept["net"])
            self.average.load_state_dict(kept["average"])
            self.optimiser.load_state_dict(kept["optimiser"])
            self.iteration, self.elapsed_s = kept["iteration"], kept["elapsed_s"]

    @property
    def progress(self) -> float:
        """Share of the time that is spent."""
        return self.elapsed_s / (self.minutes * 60)

    @property
    def rate(self) -> float:
        """The learning rate now: warm-up, then half a cosine."""
        peak = RATE_AFTER_SHIPPED if self.begun_from_shipped else PEAK_RATE
        warm = min(1.0, (self.iteration + 1) / WARM_UP)
        return warm * (LAST_RATE + (peak - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * min(self.progress, 1.0))))

    def save(self) -> None:
        """Write the checkpoint by rename."""
        kept = {
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "iteration": self.iteration,
            "elapsed_s": self.elapsed_s,
        }
        torch.save(kept, self.run / "part.pt")
        (self.run / "part.pt").replace(self.run / "last.pt")

    def step(self, patch: Patch) -> float:
        """One update; returns the loss."""
        image, fractions, heat, known = _tensors(patch)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate
        with torch.autocast("cpu", dtype=torch.bfloat16):
            outputs = self.net(image.contiguous(memory_format=torch.channels_last_3d))
        # The file that ships holds no weights for the coarser outputs, so they are not learned from either.
        loss = locate_loss(outputs[:1] if self.begun_from_shipped else outputs, fractions, heat, known)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        decay = min(EMA_DECAY, (1 + self.iteration) / (10 + self.iteration))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - decay)
        self.iteration += 1
        return float(loss.detach())

    def log(self, row: dict[str, float]) -> None:
        """Append a row to the run's log."""
        path, names = self.run / "log.csv", ["minutes", "iteration", "volumes", "rate", "loss"]
        names += [f"dice {name}" for name in CLASSES[1:]]
        fresh = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, names)
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        print(row, flush=True)


def main() -> None:
    """Train until the minutes are spent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shipped", type=Path, help="an ONNX file to begin from")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    training = Training(options.run, options.seed, options.minutes, options.shipped)
    cache, check = Cache(options.cache / "train"), Cache(options.cache / "check")
    queue: Queue[Patch] = Queue(maxsize=8)
    Thread(target=_feed, args=(cache, training, options.seed, queue), daemon=True).start()
    began = time.monotonic() - training.elapsed_s
    last_check, losses = time.monotonic(), []
    while training.progress < 1:
        losses.append(training.step(queue.get()))
        training.elapsed_s = time.monotonic() - began
        due = time.monotonic() - last_check > CHECK_EVERY_S or training.progress >= 1
        if training.iteration % LOG_EVERY == 0 or due:
            row = {
                "minutes": round(training.elapsed_s / 60, 2),
                "iteration": training.iteration,
                "volumes": len(cache.names),
                "rate": float(f"{training.optimiser.param_groups[0]['lr']:.3g}"),
                "loss": round(float(np.mean(losses)), 4),
            }
            losses = []
            if due:
                row |= validate(training.average, check)
                training.save()
                last_check = time.monotonic()
            training.log(row)


if __name__ == "__main__":
    main()
