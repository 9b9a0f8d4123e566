"""Does a batch hold what it promises over a long night? The long runs of which the tests are the short versions.

python -m benchmarks.batch [--studies 200] [--folder DIR] [--parts scan,undisturbed,loop,kills,dask]
                           [--segmenter built-in]

Makes an export of phantom studies (CT and MR, 5 % broken in ten ways, nested folders, copies) and prints for each part
what was asked and what came. `undisturbed` is one batch on one worker: its cohort is what `kills` and `dask` are
compared with, its time what `loop` is compared with, and the worker's memory is watched on the way. What an earlier
call left in DIR is used again, so that parts can be run one by one. `--segmenter labels-beside` reads the true masks
in place of the built-in segmenter: quicker, and what the batch adds weighs the more.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import random
import resource
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from benchmarks import labels_beside
from benchmarks.batch_export import DAMAGES, Base, Written, write_export
from vfa.batch.cohort import read_cohort
from vfa.batch.scan import scan_export
from vfa.batch.worker import THREAD_VARIABLES
from vfa.model.anatomy import VERSE_IDS
from vfa.model.spine import Spine, Vertebra
from vfa.phantom.anatomy import build_spine
from vfa.phantom.fractures import Wedge
from vfa.phantom.recipe import SpineRecipe
from vfa.phantom.sample import SampleStudy, sample_grid, sample_volume
from vfa.phantom.truth import body_labels

REPOSITORY = Path(__file__).resolve().parents[1]
BASES = 3
KILLS = 10
WINDOW = 20  # studies over which the memory of a worker is looked at, since it breathes within each
LOOK_EVERY_S = 1.0
LEAST_WORKER_MIB = 60.0  # a worker with its libraries has more; the helpers beside it have 12
SCAN_FILES = 20_000


def base(seed: int) -> Base:
    """A small phantom, quick to assess, so that what the batch adds weighs the more."""
    levels = ("T12", "L1", "L2")
    recipe = SpineRecipe(
        seed=seed, levels=levels, fractures={"L1": Wedge(4.0 + 2 * seed)}, height_sd=0.02, variation=0.5
    )
    study = SampleStudy(recipe, pixel_mm=1.5, slice_spacing_mm=3.0, field_of_view_mm=110)
    spine = build_spine(recipe)
    labels = body_labels(spine, sample_grid(spine, study))
    volume = sample_volume(spine, study)
    vertebrae = tuple(
        Vertebra(level, None, labels == VERSE_IDS[level], volume.grid)
        for level in levels
        if (labels == VERSE_IDS[level]).any()
    )
    return Base(volume, Spine(vertebrae, volume.grid, "truth"))


class Bench:
    """The export, and how commands are run over it."""

    def __init__(self, folder: Path, studies: int, segmenter: str) -> None:
        self.folder, self.export, self.labels = folder, folder / "export", folder / "labels"
        self.undisturbed = folder / "undisturbed"
        self.written: list[Written] = []
        self.studies, self.segmenter = studies, segmenter
        self.environment = {
            **os.environ,
            **dict.fromkeys(THREAD_VARIABLES, "1"),  # the plain loop has what a worker has
            "PYTHONPATH": os.pathsep.join([str(labels_beside.install(folder / "plugin")), str(REPOSITORY)]),
            labels_beside.FOLDER_VARIABLE: str(self.labels),
        }

    def make(self) -> None:
        """The export, or the one that an earlier call has left."""
        start = time.perf_counter()
        made = self.folder / "written.pickle"
        if made.exists():
            self.written = pickle.loads(made.read_bytes())
            self.studies = len(self.written)
        else:
            bases = [base(seed) for seed in range(BASES)]
            broken = max(round(0.05 * self.studies), min(self.studies // 2, len(DAMAGES)))
            self.written = write_export(self.export, self.labels, bases, self.studies, broken)
            made.write_bytes(pickle.dumps(self.written))
        files = sum(1 for path in self.export.rglob("*") if path.is_file())
        broken = sum(bool(one.damage) for one in self.written)
        print(f"export: {self.studies} studies, {broken} broken, {files} files, {time.perf_counter() - start:.0f} s")

    def command(self, out: Path, *options: str) -> list[str]:
        fixed = ["--segmenter", self.segmenter, "--emit", "json", "--progress", "none"]
        return [sys.executable, "-m", "vfa", "batch", str(self.export), "--out", str(out), *fixed, *options]

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL)


def states(out: Path) -> Counter[str]:
    """How many studies are in which state, from the journal."""
    if not (out / "journal.sqlite").exists():
        return Counter()
    database = sqlite3.connect(out / "journal.sqlite", timeout=30)
    try:
        return Counter(dict(database.execute("SELECT state, count(*) FROM study GROUP BY state").fetchall()))
    except sqlite3.OperationalError:
        return Counter()
    finally:
        database.close()


def ended(out: Path) -> int:
    found = states(out)
    return found["done"] + found["failed"]


def same_tables(one: Path, other: Path) -> dict[str, bool]:
    names = ("vertebrae", "studies", "failures")
    return {
        name: (one / "cohort" / f"{name}.parquet").read_bytes() == (other / "cohort" / f"{name}.parquet").read_bytes()
        for name in names
    }


def worker_memory_mib(parent: int) -> float:
    """Resident memory of the greatest child of a process (Linux)."""
    sizes = [0.0]
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue  # it ended while we looked
        if int(lines["PPid"]) == parent and "VmRSS" in lines:
            sizes.append(int(lines["VmRSS"].split()[0]) / 1024)
    return max(sizes)


def undisturbed(bench: Bench) -> None:
    """A batch on one worker, and the worker's memory on the way."""
    memory: dict[int, list[float]] = {}
    start, start_cpu_s = time.perf_counter(), children_cpu_s()
    process = bench.start(bench.command(bench.undisturbed, "--workers", "1"))
    while process.poll() is None:
        if (size := worker_memory_mib(process.pid)) > LEAST_WORKER_MIB:
            memory.setdefault(ended(bench.undisturbed), []).append(size)
        time.sleep(LOOK_EVERY_S / 4)
    used = {"wall_s": time.perf_counter() - start, "cpu_s": children_cpu_s() - start_cpu_s}
    (bench.folder / "batch_time.json").write_text(json.dumps(used))
    print(f"undisturbed: {used['wall_s']:.1f} s, {used['cpu_s']:.1f} s of processor time")
    early = memory_around(memory, WINDOW)
    for studies in range(WINDOW, bench.studies, max(WINDOW, bench.studies // 5)):
        print(f"memory of the worker around study {studies}: {memory_around(memory, studies):.0f} MiB")
    late = memory_around(memory, bench.studies - WINDOW // 2)
    peak = max(size for sizes in memory.values() for size in sizes)
    print(f"memory at the end: {late:.0f} MiB, {100 * (late / early - 1):+.1f} %; greatest seen {peak:.0f} MiB")
    check_failures(bench, bench.undisturbed)


def memory_around(memory: dict[int, list[float]], studies: int) -> float:
    """Median of what was seen while about so many studies had ended, MiB."""
    near = [size for ended, sizes in memory.items() if abs(ended - studies) <= WINDOW // 2 for size in sizes]
    return statistics.median(near)


def loop(bench: Bench) -> None:
    """The same studies one after the other in one process, and what the batch took more than that."""
    start, start_cpu_s = time.perf_counter(), children_cpu_s()
    places = [str(one.folder) for one in bench.written]
    command = [sys.executable, "-m", "benchmarks.batch_loop", bench.segmenter, str(bench.export), *places]
    subprocess.run(command, env=bench.environment, cwd=bench.folder, check=True)
    loop_s, loop_cpu_s = time.perf_counter() - start, children_cpu_s() - start_cpu_s
    batch = json.loads((bench.folder / "batch_time.json").read_text())
    for words, by_batch, by_loop in (
        ("time", batch["wall_s"], loop_s),
        ("processor time", batch["cpu_s"], loop_cpu_s),
    ):
        more_percent = 100 * (by_batch / by_loop - 1)
        print(f"overhead in {words}: batch {by_batch:.1f} s, plain loop {by_loop:.1f} s, {more_percent:+.1f} %")


def children_cpu_s() -> float:
    """Processor time of all processes started from here that have ended, theirs included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def check_failures(bench: Bench, out: Path) -> None:
    cohort = read_cohort(out)
    assessed = set(cohort.studies["study_instance_uid"])
    rows = cohort.failures.to_dict("records")
    missing = [w.folder for w in bench.written if not w.damage and w.study_instance_uid not in assessed]
    wrong = []
    for one in bench.written:
        if one.damage:
            reasons = {row["reason"] for row in rows if row["where"].startswith(one.folder.as_posix())}
            if not reasons & set(one.reasons):
                wrong.append((one.damage, sorted(reasons)))
    sound = sum(not one.damage for one in bench.written)
    print(f"studies: {len(assessed)} assessed of {sound} sound; missing {missing or 'none'}")
    print(f"failures: {len(bench.written) - sound} broken studies; with a wrong reason or none: {wrong or 'none'}")


def kills(bench: Bench) -> None:
    """SIGKILL to parent or worker ten times at random moments; then one run to the end."""
    rng = random.Random(7)
    out = bench.folder / "killed"
    killed: Counter[str] = Counter()
    moments = sorted(rng.uniform(0.02, 0.9) for _ in range(KILLS))
    process = bench.start(bench.command(out, "--workers", "2"))
    for moment in moments:
        while process.poll() is None and ended(out) < moment * bench.studies:
            time.sleep(LOOK_EVERY_S / 4)
        time.sleep(rng.uniform(0, 1.0))
        children = child_pids(process.pid)
        if rng.random() < 0.5 and children:
            os.kill(rng.choice(children), signal.SIGKILL)
            killed["worker"] += 1
        elif process.poll() is None:
            process.kill()
            process.wait()
            killed["parent"] += 1
            process = bench.start(bench.command(out, "--workers", "2"))
    process.wait()
    subprocess.run(bench.command(out, "--workers", "2"), env=bench.environment, stdout=subprocess.DEVNULL, check=True)
    print(f"kills: {dict(killed)}; tables as undisturbed: {same_tables(bench.undisturbed, out)}")
    leftovers = [str(path) for path in out.rglob("*.tmp")]
    print(f"kills: half-written files left: {leftovers or 'none'}")


def child_pids(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue  # it ended while we looked
        is_ours = f"\nPPid:\t{parent}\n" in text
        command = (status.parent / "cmdline").read_bytes() if is_ours else b""
        if is_ours and b"spawn_main" in command:
            found.append(int(status.parent.name))
    return found


def dask(bench: Bench) -> None:
    """Two dask workers on loopback, one of which is killed midway."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": bench.environment}
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
    cluster = [subprocess.Popen([*scheduler, "--no-dashboard"], **quiet)]  # type: ignore[call-overload]
    cluster += [subprocess.Popen([*worker, "--no-dashboard"], **quiet) for _ in range(2)]  # type: ignore[call-overload]
    out = bench.folder / "clustered"
    process = bench.start(bench.command(out, "--scheduler", address))
    while process.poll() is None and ended(out) < bench.studies // 2:
        time.sleep(LOOK_EVERY_S / 4)
    cluster[-1].kill()
    status = process.wait()
    for one in cluster:
        one.kill()
        one.wait()
    print(f"dask: exit status {status}; tables as undisturbed: {same_tables(bench.undisturbed, out)}")


def scan(bench: Bench) -> None:
    """The export's headers until 20,000 files are read."""
    start, files, studies = time.perf_counter(), 0, 0
    while files < SCAN_FILES:
        found = scan_export(bench.export)
        files, studies = files + found.files, len(found.studies)
    seconds = (time.perf_counter() - start) * SCAN_FILES / files
    print(f"scan: {studies} studies; {SCAN_FILES} files in {seconds:.1f} s")


PARTS = {"scan": scan, "undisturbed": undisturbed, "loop": loop, "kills": kills, "dask": dask}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path("batch-benchmark"))
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--segmenter", default="built-in")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.folder.resolve(), options.studies, options.segmenter)
    bench.make()
    for name in options.parts.split(","):
        PARTS[name](bench)


if __name__ == "__main__":
    main()
