"""How is a network trained here? One update at a time until the minutes are spent; it takes itself up again.

Both networks learn by this loop; what differs is the network, the examples, the loss and a few numbers.
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Generic, TypeVar

import numpy as np
import torch
from shipped import take_shipped
from torch import Tensor, nn

LAST_RATE = 1e-5
LOG_EVERY = 50  # updates

Example = TypeVar("Example")


@dataclass(frozen=True)
class Pace:
    """How fast a network learns, and how often it is looked at.

    Args:
        peak_rate: learning rate after the warm-up, from where it falls along half a cosine.
        warm_up: updates until then.
        average_decay: of the moving average of the weights, which is what ships.
        largest_gradient: norm to which gradients are clipped.
        check_every_s: seconds from one check (and checkpoint) to the next.
    """

    peak_rate: float
    warm_up: int
    average_decay: float
    largest_gradient: float
    check_every_s: float


@dataclass(frozen=True, eq=False)
class Task(Generic[Example]):
    """What is to be learned.

    Args:
        draw: one example.
        loss: of a network (in training mode) on an example.
        check: what to log of the averaged network, by column.
        columns: all columns that `check` may fill.
        size: the column that tells how large the cache is, and how large it is now.
    """

    draw: Callable[[], Example]
    loss: Callable[[nn.Module, Example], Tensor]
    check: Callable[[nn.Module], dict[str, float]]
    columns: tuple[str, ...]
    size: tuple[str, Callable[[], int]]


class Training:
    """A network, its optimiser and its moving average: the state that is saved and taken up again.

    Args:
        net: with the weights to begin from; a checkpoint in `run` takes their place.
        run: folder of the checkpoint `last.pt` and of `log.csv`.
        minutes: of the clock, those of earlier starts included.
        pace: how fast.
    """

    def __init__(self, net: nn.Module, run: Path, minutes: float, pace: Pace) -> None:
        self.run, self.minutes, self.pace = run, minutes, pace
        self.net = net.to(memory_format=torch.channels_last_3d)
        self.average = copy.deepcopy(self.net)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=pace.peak_rate, weight_decay=1e-4, fused=True)
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
        warm = min(1.0, (self.iteration + 1) / self.pace.warm_up)
        fall = 0.5 * (1 + math.cos(math.pi * min(self.progress, 1.0)))
        return warm * (LAST_RATE + (self.pace.peak_rate - LAST_RATE) * fall)

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

    def until_spent(self, task: Task[Example]) -> None:
        """Train until the minutes are spent; the last thing done is a check and a checkpoint."""
        queue: Queue[Example] = Queue(maxsize=4)
        Thread(target=_feed, args=(task.draw, queue), daemon=True).start()
        began = time.monotonic() - self.elapsed_s
        last_check, losses = time.monotonic(), []
        self.net.train()
        while self.progress < 1:
            losses.append(self._step(task, queue.get()))
            self.elapsed_s = time.monotonic() - began
            due = time.monotonic() - last_check > self.pace.check_every_s or self.progress >= 1
            if self.iteration % LOG_EVERY and not due:
                continue
            row = {
                "minutes": round(self.elapsed_s / 60, 2),
                "iteration": self.iteration,
                task.size[0]: task.size[1](),
                "rate": float(f"{self.optimiser.param_groups[0]['lr']:.3g}"),
                "loss": round(float(np.mean(losses)), 4),
            }
            losses = []
            if due:
                self.average.eval()
                row |= task.check(self.average)
                self.save()
                last_check = time.monotonic()
            self._log(row, task)

    def _step(self, task: Task[Example], example: Example) -> float:
        """One update; returns the loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate
        loss = task.loss(self.net, example)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.pace.largest_gradient)
        self.optimiser.step()
        decay = min(self.pace.average_decay, (1 + self.iteration) / (10 + self.iteration))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.net.parameters()), 1 - decay)
        self.iteration += 1
        return float(loss.detach())

    def _log(self, row: dict[str, float], task: Task[Example]) -> None:
        """Append a row to the run's log."""
        path = self.run / "log.csv"
        fresh = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, ["minutes", "iteration", task.size[0], "rate", "loss", *task.columns])
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        print(row, flush=True)


def _feed(draw: Callable[[], Example], queue: Queue[Example]) -> None:
    while True:
        queue.put(draw())


def training_options(description: str | None) -> argparse.ArgumentParser:
    """The options that both networks' trainings share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="with the folders train and check")
    parser.add_argument("--run", type=Path, required=True, help="where checkpoint and log are")
    parser.add_argument("--minutes", type=float, required=True, help="of the clock")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shipped", type=Path, help="an ONNX file to begin from")
    return parser


def begin(net: nn.Module, options: argparse.Namespace, from_nothing: Pace, from_shipped: Pace) -> Training:
    """The training that the options ask for: of this network as it is, or with the weights of a file that shipped."""
    if options.shipped is None:
        return Training(net, options.run, options.minutes, from_nothing)
    take_shipped(net, options.shipped)
    return Training(net, options.run, options.minutes, from_shipped)


def prepare(seed: int, threads: int) -> None:
    """What torch is to be told before the network is made."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
