"""Train the outline network on the cached scenes, for a given number of minutes; resumes by itself.

python training/outline_train.py --cache CACHE --run training/runs/outline --minutes 60 --seed 1
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
from outline_cache import Crop, Scenes, crop_of
from outline_network import OutlineNet
from torch import Tensor

PEAK_RATE, LAST_RATE, WARM_UP = 2e-3, 1e-5, 100
EMA_DECAY = 0.997
NEAR_MM, EDGE_MM = 1.5, 0.5  # how fast the weight falls from the surface; how soft the surface is to the overlap loss
LOG_EVERY, CHECK_EVERY_S = 50, 300.0
COLUMNS = (slice(20, 36), slice(16, 40), slice(None))  # the middle of the crop, over which heights are summed
GROUPS = ("CT thin", "CT thick", "MR thin", "MR thick")
THICK_MM = 2.6


def tensors(crop: Crop) -> tuple[Tensor, Tensor, Tensor]:
    """(1, 2, X, Y, Z) what the network sees, (1, 1, X, Y, Z) distance and known."""
    seen = torch.from_numpy(np.stack([crop.image, crop.belief])[None])
    return seen, torch.from_numpy(crop.distance_mm[None, None].copy()), torch.from_numpy(crop.known[None, None].copy())


def outline_loss(found: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Mean absolute error of the distance, most of it near the surface, and one minus the soft overlap."""
    weight = known * (0.15 + torch.exp(-truth.abs() / NEAR_MM))
    error = ((found - truth).abs() * weight).sum() / weight.sum().clamp(min=1.0)
    p, q = torch.sigmoid(-found / EDGE_MM) * known, torch.sigmoid(-truth / EDGE_MM) * known
    overlap = (2 * (p * q).sum() + 1) / ((p * p).sum() + (q * q).sum() + 1)
    return error + 1 - overlap


def validate(net: torch.nn.Module, scenes: Scenes) -> dict[str, float]:
    """Dice, and the height over the middle of fractured and whole bodies (bias and mean absolute error, mm)."""
    dice: dict[str, list[float]] = {group: [] for group in GROUPS}
    errors: dict[str, list[float]] = {"whole": [], "lost": []}
    net.eval()
    rng = np.random.default_rng(1)
    for name in scenes.refresh():
        with np.load(name) as scene:
            for index in np.flatnonzero(scene["learned"])[:3]:
                crop = crop_of(scene, int(index), 0, rng)
                seen, truth, known = tensors(crop)
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
    net.train()
    row = {f"dice {group}": round(float(np.mean(values)), 4) for group, values in dice.items() if values}
    for kind, values in errors.items():
        if values:
            row[f"height bias {kind}"] = round(float(np.mean(values)), 3)
            row[f"height error {kind}"] = round(float(np.mean(np.abs(values))), 3)
    return row


class Training:
    """The state that is saved and taken up again."""

    def __init__(self, run: Path, seed: int, minutes: float) -> None:
        torch.manual_seed(seed)
        self.run, self.minutes = run, minutes
        self.net = OutlineNet().to(memory_format=torch.channels_last_3d)
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
        warm = min(1.0, (self.iteration + 1) / WARM_UP)
        return warm * (LAST_RATE + (PEAK_RATE - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * min(self.progress, 1.0))))

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

    def step(self, crop: Crop) -> float:
        """One update; returns the loss."""
        seen, truth, known = tensors(crop)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = self.net(seen.contiguous(memory_format=torch.channels_last_3d))
        loss = outline_loss(found, truth, known)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 2.0)
        self.optimiser.step()
        decay = min(EMA_DECAY, (1 + self.iteration) / (10 + self.iteration))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - decay)
        self.iteration += 1
        return float(loss.detach())

    def log(self, row: dict[str, float]) -> None:
        """Append a row to the run's log."""
        path = self.run / "log.csv"
        names = ["minutes", "iteration", "scenes", "rate", "loss", *(f"dice {group}" for group in GROUPS)]
        names += [f"height {what} {kind}" for kind in ("whole", "lost") for what in ("bias", "error")]
        fresh = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, names)
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        print(row, flush=True)


def _feed(scenes: Scenes, seed: int, queue: Queue[Crop]) -> None:
    rng = np.random.default_rng(seed)
    while True:
        queue.put(scenes.draw(rng))


def main() -> None:
    """Train until the minutes are spent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    training = Training(options.run, options.seed, options.minutes)
    scenes, check = Scenes(options.cache / "train"), Scenes(options.cache / "check")
    queue: Queue[Crop] = Queue(maxsize=4)
    Thread(target=_feed, args=(scenes, options.seed + training.iteration, queue), daemon=True).start()
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
                "scenes": len(scenes.names),
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
