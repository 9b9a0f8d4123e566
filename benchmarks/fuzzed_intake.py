"""Does any damaged input end in a traceback, a hang or a wrong volume? Thousands, damaged by chance.

python -m benchmarks.fuzzed_intake [--inputs 5000] [--first-seed 0]

Each input is a small series, file, archive or directory with one thing wrong in it: attributes lost or of another VR,
bytes changed, pieces lost, doubled or cut off, sizes and counts that claim gigabytes, archives that unpack without
end or whose names lead outside, directories that list what is not there or lies elsewhere. What is known to be right
is the field the voxels hold: a volume that loads must hold it at its places, or say what was doubtful.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless, RLELossless

from benchmarks.fuzzed_files import as_bytes, directory_of, hostile_zip, series_of
from vfa.errors import VfaError
from vfa.intake import list_series, load_volume
from vfa.model.volume import Volume

LONGEST_S = 20.0  # of processor time for one small input: a hang
MOST_MIB = 1500  # of memory beyond the start: a bound on what a hostile header can claim
TOLERANCE_HU = 0.51 + 18.5 * 0.12  # rounding, and an unseen drift of a tenth of a millimetre


def damaged_bytes(content: bytes, tail: int, rng: random.Random) -> bytes:
    """Bytes changed, a piece lost or doubled, or the end cut off, anywhere before the last `tail` bytes."""
    data = bytearray(content)
    place = rng.randrange(132, max(133, len(data) - tail - 4))
    match rng.randrange(5):
        case 0:
            data[place] = rng.randrange(256)
        case 1:
            data[place : place + 4] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f"])
        case 2:
            del data[place : place + rng.randrange(1, 24)]
        case 3:
            data[place:place] = data[place - rng.randrange(1, 24) : place]
        case _:
            del data[rng.randrange(len(data)) :]
    return bytes(data)


def bytes_of_a_series(folder: Path, rng: random.Random) -> None:
    """One file of a series has damaged bytes in its header."""
    datasets = series_of(5, rng.choice([None, ImplicitVRLittleEndian, RLELossless, JPEGLSLossless]))
    slices = [as_bytes(one) for one in datasets]
    chosen = rng.randrange(len(slices))
    slices[chosen] = damaged_bytes(slices[chosen], len(datasets[chosen].PixelData) + 8, rng)
    _write(folder, slices)


def bytes_of_an_enhanced_object(folder: Path, rng: random.Random) -> None:
    """A multi-frame object has damaged bytes in its header."""
    (content,) = (as_bytes(one) for one in series_of(5, None, "enhanced"))
    _write(folder, [damaged_bytes(content, 1200, rng)])


def attributes_of_a_series(folder: Path, rng: random.Random) -> None:
    """Attributes are lost, empty, of another VR or absurd, in one file or in all."""
    slices = series_of(5, rng.choice([None, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]))
    for _ in range(rng.randrange(1, 4)):
        elements = [one for one in slices[0] if one.tag.group != 0x7FE0]
        tag = rng.choice(elements).tag
        some = slices if rng.random() < 0.4 else [rng.choice(slices)]
        change = rng.choice([_lose, _empty, _text, _absurd])
        for one in some:
            change(one, tag, rng)
    _write(folder, [content for one in slices if (content := _bytes_or_none(one)) is not None])


def hostile_archive(folder: Path, rng: random.Random) -> None:
    """A zip with names that lead outside, members that unpack without end, or bytes that were damaged."""
    content = hostile_zip([as_bytes(one) for one in series_of(4, None)], rng)
    (folder / "export.zip").write_bytes(damaged_bytes(content, 0, rng) if rng.random() < 0.5 else content)


def lying_directory(folder: Path, rng: random.Random) -> None:
    """A DICOMDIR that lists what is not there or lies elsewhere, or is damaged, beside a whole series."""
    _write(folder, [as_bytes(one) for one in series_of(5, None)])
    content = as_bytes(directory_of(rng))
    (folder / "DICOMDIR").write_bytes(damaged_bytes(content, 0, rng) if rng.random() < 0.5 else content)


def other_formats(folder: Path, rng: random.Random) -> None:
    """NIfTI, NRRD or MetaImage with damaged bytes."""
    image = SimpleITK.GetImageFromArray(np.arange(5 * 12 * 10, dtype=np.int16).reshape(5, 12, 10))
    path = folder / rng.choice(["one.nii", "one.nii.gz", "one.nrrd", "one.mha"])
    SimpleITK.WriteImage(image, str(path))
    data = bytearray(path.read_bytes())
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(min(len(data), 352))
        data[place : place + 1] = bytes([rng.randrange(256)])
    if rng.random() < 0.3:
        del data[rng.randrange(len(data)) :]
    path.write_bytes(bytes(data))


def noise(folder: Path, rng: random.Random) -> None:
    """Random bytes, behind a DICOM prefix or not."""
    for number in range(4):
        prefix = b"\0" * 128 + b"DICM" if rng.random() < 0.5 else b""
        (folder / f"{number}.dcm").write_bytes(prefix + rng.randbytes(rng.randrange(4000)))


KINDS: tuple[Callable[[Path, random.Random], None], ...] = (
    bytes_of_a_series,
    bytes_of_an_enhanced_object,
    attributes_of_a_series,
    hostile_archive,
    lying_directory,
    other_formats,
    noise,
)
HOLD_THE_FIELD = (bytes_of_a_series, bytes_of_an_enhanced_object, hostile_archive, lying_directory)


def outcome(kind: Callable[[Path, random.Random], None], seed: int) -> str:
    """What becomes of one input: "refused", "loaded", or what went wrong."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "input"
        folder.mkdir()
        with warnings.catch_warnings():  # pydicom's, on writing what must not be written
            warnings.simplefilter("ignore")
            kind(folder, random.Random(f"{kind.__name__} {seed}"))
        started = time.process_time()
        try:
            list_series(folder)
            volume = load_volume(folder)
        except VfaError:
            ended = "refused"
        except Exception as error:
            ended = f"traceback: {type(error).__name__}: {error}"
        else:
            ended = _judged(volume, kind)
        if time.process_time() - started > LONGEST_S:
            ended = "hang"
        if [path.name for path in Path(place).iterdir()] != ["input"]:
            ended = "wrote outside"
    return ended


def _judged(volume: Volume, kind: Callable[[Path, random.Random], None]) -> str:
    if kind not in HOLD_THE_FIELD or "differ between slices" in " ".join(volume.corrections):
        return "loaded"  # a changed attribute is a legal header that says something else; a doubt is said
    every = np.argwhere(np.ones(volume.voxels.shape, bool))
    field = volume.grid.lps_of(every) @ np.array([7.0, 11.0, 13.0]) + 1000.0
    return "loaded" if np.abs(volume.voxels.reshape(-1) - field).max() <= TOLERANCE_HU else "wrong volume"


def _write(folder: Path, contents: list[bytes]) -> None:
    for number, content in enumerate(contents):
        (folder / f"IM{number}.dcm").write_bytes(content)


def _bytes_or_none(dataset: Dataset) -> bytes | None:
    try:
        return as_bytes(dataset)
    except Exception:  # what cannot be written down cannot be sent either
        return None


def _lose(dataset: Dataset, tag: int, rng: random.Random) -> None:
    dataset.pop(tag, None)


def _empty(dataset: Dataset, tag: int, rng: random.Random) -> None:
    if tag in dataset:
        dataset[tag].value = None


def _text(dataset: Dataset, tag: int, rng: random.Random) -> None:
    dataset.add_new(tag, "LO", rng.choice(["", "no number", "1\\2", "é" * 30, "../../../etc/passwd", "NaN", "1e999"]))


def _absurd(dataset: Dataset, tag: int, rng: random.Random) -> None:
    if tag in dataset:
        vr = dataset[tag].VR
        values: dict[str, list[object]] = {
            "US": [0, 65535, 1, 3],
            "DS": ["0", "-1", "1e30", "NaN"],
            "IS": ["0", "-5", "2147483647"],
        }
        dataset.add_new(tag, vr, rng.choice(values.get(vr, ["X" * 70])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=5000)
    parser.add_argument("--first-seed", type=int, default=0)
    options = parser.parse_args()
    before, started = _peak_mib(), time.perf_counter()
    counts: dict[str, Counter[str]] = {kind.__name__: Counter() for kind in KINDS}
    for number in range(options.inputs):
        kind = KINDS[number % len(KINDS)]
        seed = options.first_seed + number
        ended = outcome(kind, seed)
        counts[kind.__name__][ended.partition(":")[0]] += 1
        if ended not in ("refused", "loaded"):
            print(f"{kind.__name__} {seed}: {ended}", flush=True)
    for name, count in counts.items():
        print(f"{name:32} " + ", ".join(f"{ended} {n}" for ended, n in sorted(count.items())))
    evil = sum(n for count in counts.values() for ended, n in count.items() if ended not in ("refused", "loaded"))
    peak = _peak_mib() - before
    seconds = time.perf_counter() - started
    print(f"{options.inputs} inputs in {seconds:.0f} s: {evil} evils; memory grew by {peak:.0f} MiB")
    raise SystemExit(bool(evil) or peak > MOST_MIB)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
