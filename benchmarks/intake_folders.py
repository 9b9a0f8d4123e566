"""What becomes of each folder of awkward real DICOM? The table of docs/intake.md.

python -m benchmarks.intake_folders        writes it anew (the folders lie beside the project, see the page)

The last column is written by hand from the folders' own descriptions; a test holds the page against the code.
"""

from __future__ import annotations

from pathlib import Path

from vfa.errors import VfaError
from vfa.intake import load_volume
from vfa.model.volume import Volume

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "intake.md"
BEGIN, END = "<!-- folders: begin -->", "<!-- folders: end -->"
HEADING = "| folder | loaded | what was corrected, or why it was refused | what its description says, checked by hand |"

AWKWARD, LUMBAR = "robustness-dicom", "taichi-lspine-cc0/dicom"
DESCRIBED: dict[str, dict[str, str]] = {
    AWKWARD: {
        "dicomdirtests": "several DICOMDIRs, good and broken; among the images one CT series of five slices is a stack",
        "enhanced_MR_hyperfine": "multi-frame MR: eight planes",
        "enhanced_MR_siemens": "multi-frame MR: eight planes",
        "gantrytilt_siemens": "tilted by 14°: 5 mm along the table, 4.851 mm between planes",
        "head_CT_tilt18_uniform_Philips": "tilted by 18.5°, table steps of 2.5 mm: planes every 2.371 mm; one PS file",
        "mixed_orientation_MR": "orientations mixed: no volume",
        "non_square_pixels_MR": "pixels of 4 × 6.4 mm",
        "same_position_not_a_volume": "one position for all: no volume",
        "single_files_pydicom_data": "a CT map, multi-frame MR too short or big endian, deflated: no volume",
        "single_slice_MR": "one slice: no volume",
        "slice_gap_GE_5_10mm": "one gap of 10 mm among gaps of 5",
        "slice_gap_tilted_siemens": "one slice is missing",
        "ts_j2k": "one series in four compressions: equal voxels",
        "ts_jpeg_lossless": "the same",
        "ts_jpegls": "the same",
        "ts_rle": "the same",
        "two_slices_only_MR": "two slices: too few",
    },
    LUMBAR: {
        "CT_SAG_3mm": "38 parallel sagittal images and one coronal planning image in the same series",
        "CT_TOPOGRAM": "two scouts of two orientations",
        "MR_HITACHI_STIR_SAG": "11 sagittal slices every 4.5 mm, STIR",
        "MR_HITACHI_T1_SAG": "11 sagittal slices every 4.5 mm, T1",
        "MR_HITACHI_T2_SAG": "11 sagittal slices every 4.5 mm, T2",
        "MR_TOSHIBA_AX_multiplane": "five orientations in one series: no volume",
        "MR_TOSHIBA_T1_SAG": "15 sagittal slices every 4.8 mm, T1",
        "MR_TOSHIBA_T2_COR": "5 coronal slices every 8 mm, T2",
        "MR_TOSHIBA_T2_SAG": "15 sagittal slices every 4.8 mm, T2",
    },
}


def folder_table() -> str:
    """The table in Markdown: one row for each folder that lies beside the project."""
    lines = [HEADING, "|---|---|---|---|"]
    for group, described in DESCRIBED.items():
        lines += [_row(DATA / group / name, said) for name, said in described.items()]
    return "\n".join(lines)


def _row(folder: Path, said: str) -> str:
    try:
        volume = load_volume(folder)
    except VfaError as refusal:
        cells = ["no", str(refusal).replace(f"{folder}/", "").replace(f"{folder}: ", "")]
    else:
        cells = [_loaded(volume), " ".join(volume.corrections) or "nothing"]
    return "| " + " | ".join(cell.replace("|", "/") for cell in (f"`{folder.name}`", *cells, said)) + " |"


def _loaded(volume: Volume) -> str:
    shape = " × ".join(str(size) for size in volume.voxels.shape)
    spacing = " × ".join(f"{step:.3f}" for step in volume.spacing_mm)
    return f"{volume.modality.value}, {shape}, {spacing} mm"


def main() -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{folder_table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
