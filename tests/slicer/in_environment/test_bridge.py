"""Lane L1, real MRML: what stands in the scene is what stands in the assessment, in every orientation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.report import made_up
from tests.slicer.in_environment import mrml

from VertebralFractureAssessmentLib import Bodies, Terminology  # isort: skip
from VertebralFractureAssessmentLib.MrmlBridge import MrmlBridge  # isort: skip
from VertebralFractureAssessmentLib.Parameters import COLUMNS, Edits, MovedLine, Request  # isort: skip
from VertebralFractureAssessmentLib.Presenter import Presenter  # isort: skip
from VertebralFractureAssessmentLib.Result import COLUMN_HEADINGS, Result  # isort: skip
from VertebralFractureAssessmentLib.Roles import Kept  # isort: skip
from vfa.intake import load_volume
from vfa.model.frame import Grid
from vfa.model.spine import Spine, Vertebra
from vfa.report.document import to_document
from vfa.report.json import to_bytes
from vfa.segment import write_labels

TEXT = to_bytes(to_document(made_up.assessment())).decode()
DOCUMENT: dict[str, Any] = json.loads(TEXT)
RESULT = Result(TEXT)
MIRROR = np.array([-1.0, -1.0, 1.0])  # LPS to RAS, written out once more: truth for the bridge's own door


def rotation(degrees: float, axis: int) -> np.ndarray:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned = np.eye(3)
    one, two = (n for n in range(3) if n != axis)
    turned[one, one] = turned[two, two] = cosine
    turned[one, two], turned[two, one] = -sine, sine
    return turned


OBLIQUE = {
    "axial": np.diag([1.0, 1.0, 1.0]),
    "flipped": np.diag([-1.0, 1.0, -1.0]),
    "sagittal": np.array([[0, 0, 1.0], [1.0, 0, 0], [0, -1.0, 0]]),
    "oblique": rotation(20, 0) @ rotation(-15, 2),
    "doubly oblique, flipped": rotation(35, 1) @ rotation(25, 0) @ np.diag([1.0, -1.0, -1.0]),
}


def affine(axes: np.ndarray, spacing: tuple[float, ...] = (2.0, 3.2, 2.5), middle: float = 30.0) -> np.ndarray:
    """LPS from IJK of a lattice of 60×50×70 voxels with these axes, its middle near the made-up spine's."""
    matrix = np.eye(4)
    matrix[:3, :3] = axes * np.array(spacing)
    matrix[:3, 3] = np.array([0, 0, middle]) - matrix[:3, :3] @ (np.array([60, 50, 70]) / 2)
    return matrix


@pytest.fixture
def scene(tmp_path: Path) -> Any:
    return mrml.new_scene(tmp_path)


def volume_in(scene: Any, lps_from_ijk: np.ndarray, seed: int = 1) -> tuple[Any, np.ndarray]:
    """A volume node of noise, and its voxels in i, j, k."""
    ijk = np.random.default_rng(seed).integers(-900, 1500, (60, 50, 70)).astype(np.int16)
    ras_from_ijk = np.diag([-1.0, -1.0, 1.0, 1.0]) @ lps_from_ijk
    return mrml.add_volume(scene, ijk.transpose(2, 1, 0), ras_from_ijk), ijk


def spheres(lps_from_ijk: np.ndarray) -> Spine:
    """A ball of 9 mm at every centre of the made-up result, on this lattice."""
    grid = Grid((60, 50, 70), lps_from_ijk)
    index = np.stack(np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij"), axis=-1)
    places = grid.lps_of(index)
    made = [
        Vertebra(level, None, np.linalg.norm(places - np.array(centre), axis=-1) <= 9.0, grid)
        for level, centre in made_up.CENTRES_LPS.items()
    ]
    return Spine(tuple(made), grid, "made for a test")


def bodies_file(folder: Path, lps_from_ijk: np.ndarray) -> str:
    spine = spheres(lps_from_ijk)
    write_labels(spine, spine.grid, folder / "bodies.seg.nrrd")
    return str(folder / "bodies.seg.nrrd")


def drawn(scene: Any, tmp_path: Path, lps_from_ijk: np.ndarray | None = None, moved: Any = None) -> tuple[Any, Any]:
    """The bridge with the made-up result drawn, and the volume."""
    matrix = affine(OBLIQUE["oblique"]) if lps_from_ijk is None else lps_from_ijk
    node, _ = volume_in(scene, matrix)
    bridge = MrmlBridge(scene, moved or (lambda *_: None))
    bridge.show(RESULT, bodies_file(tmp_path, matrix), Request(volume=node.GetID()))
    return bridge, node


def lines_of(scene: Any) -> dict[tuple[str, str], np.ndarray]:
    """(level, column) → (2, 3) ends in the scene's world, RAS."""
    found = {}
    for number in range(scene.GetNumberOfNodesByClass("vtkMRMLMarkupsLineNode")):
        node = scene.GetNthNodeByClass(number, "vtkMRMLMarkupsLineNode")
        ends = np.zeros((2, 3))
        for end in range(2):
            node.GetNthControlPointPositionWorld(end, ends[end])
        found[node.GetAttribute("vfa.level"), node.GetAttribute("vfa.column")] = ends
    return found


def world_centre(node: Any, name: str) -> np.ndarray:
    """Centre of a segment's voxels in the scene's world, RAS."""
    import slicer
    import vtk
    from vtk.util import numpy_support

    segment_id = node.GetSegmentation().GetSegmentIdBySegmentName(name)
    image = slicer.vtkOrientedImageData()
    node.GetBinaryLabelmapRepresentation(segment_id, image)
    extent = image.GetExtent()
    shape = tuple(extent[2 * n + 1] - extent[2 * n] + 1 for n in (2, 1, 0))
    voxels = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars()).reshape(shape)
    k, j, i = np.argwhere(voxels > 0).mean(axis=0)
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    place = matrix.MultiplyPoint((i + extent[0], j + extent[2], k + extent[4], 1))
    return np.array(place[:3])


def test_every_line_stands_where_the_assessment_has_it(scene: Any, tmp_path: Path) -> None:
    drawn(scene, tmp_path)
    stand = lines_of(scene)
    for level in RESULT.measured:
        for column in COLUMNS:
            lps = np.array(RESULT[level]["geometry"]["height_lines_lps_mm"][column])
            assert stand[level, column] == pytest.approx(lps * MIRROR, abs=1e-9)
    assert len(stand) == 3 * len(RESULT.measured)


def test_the_patients_left_and_front_are_where_slicer_has_them(scene: Any) -> None:
    document = json.loads(TEXT)
    line = document["vertebrae"][2]["geometry"]["height_lines_lps_mm"]["anterior"]
    line[0] = [17.0, -23.0, 5.0]  # 17 mm to the left, 23 mm to the front, 5 mm to the head, in LPS
    bridge = MrmlBridge(scene, lambda *_: None)
    bridge.show(Result(json.dumps(document)), "", Request())
    assert lines_of(scene)["L1", "anterior"][0].tolist() == [-17.0, 23.0, 5.0]  # R, A, S


@pytest.mark.parametrize("axes", OBLIQUE.values(), ids=OBLIQUE.keys())
def test_a_volume_reaches_vfa_with_every_voxel_in_its_place(scene: Any, tmp_path: Path, axes: np.ndarray) -> None:
    matrix = affine(axes)
    node, ijk = volume_in(scene, matrix)
    given = MrmlBridge(scene, lambda *_: None).write_input(Request(volume=node.GetID(), modality="CT"), tmp_path)
    assert not given.is_dicom
    assert given.options == ("--modality", "CT")
    loaded = load_volume(Path(given.path))
    for index in ((0, 0, 0), (59, 0, 0), (0, 49, 0), (3, 7, 66)):
        lps = (matrix @ [*index, 1])[:3]
        at = np.round(loaded.grid.ijk_of(lps)).astype(int)
        assert loaded.grid.lps_of(at) == pytest.approx(lps, abs=1e-3)
        assert loaded.voxels[tuple(at)] == ijk[index]


def test_a_volume_that_a_transform_moved_is_handed_over_where_it_stands(scene: Any, tmp_path: Path) -> None:
    import slicer
    import vtk

    matrix = affine(OBLIQUE["axial"])
    node, ijk = volume_in(scene, matrix)
    slicer.dicomDatabase = type("Knows", (), {"fileForInstance": lambda _self, uid: f"/{uid}"})()
    node.SetAttribute("DICOM.instanceUIDs", "1 2 3")
    moved = vtk.vtkMatrix4x4()
    moved.SetElement(0, 3, 10.0)  # 10 mm to the patient's right: RAS
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(moved)
    node.SetAndObserveTransformNodeID(transform.GetID())
    given = MrmlBridge(scene, lambda *_: None).write_input(Request(volume=node.GetID()), tmp_path)
    assert not given.is_dicom
    loaded = load_volume(Path(given.path))
    at = np.round(loaded.grid.ijk_of((matrix @ [3, 7, 9, 1])[:3] - [10.0, 0, 0])).astype(int)
    assert loaded.voxels[tuple(at)] == ijk[3, 7, 9]


def test_dicom_files_are_handed_over_as_they_are_and_alone(scene: Any, tmp_path: Path) -> None:
    import slicer

    (tmp_path / "one.dcm").write_bytes(b"one")
    (tmp_path / "other series.dcm").write_bytes(b"other")
    node, _ = volume_in(scene, affine(OBLIQUE["axial"]))
    slicer.dicomDatabase = type("Knows", (), {"fileForInstance": lambda _self, _uid: str(tmp_path / "one.dcm")})()
    node.SetAttribute("DICOM.instanceUIDs", "1")
    given = MrmlBridge(scene, lambda *_: None).write_input(Request(volume=node.GetID()), tmp_path / "run")
    assert given.is_dicom
    assert [path.read_bytes() for path in Path(given.path).iterdir()] == [b"one"]


def test_a_readers_own_segmentation_reaches_vfa_by_the_names_of_its_segments(scene: Any, tmp_path: Path) -> None:
    from vfa.segment import read_segmentation

    bridge, volume = drawn(scene, tmp_path)
    bodies = bridge._node("bodies")
    for segment in Bodies.segments(bodies):
        segment.SetName(f"vertebrae {segment.GetName()}")  # as TotalSegmentator's own module calls them
    request = Request(volume=volume.GetID(), segmentation=bodies.GetID())
    (tmp_path / "run").mkdir()
    given = bridge.write_input(request, tmp_path / "run")
    assert given.options[0] == "--segmentation"
    spine = read_segmentation([Path(given.options[1])], None, None, load_volume(Path(given.path)))
    assert spine.levels == ("T11", "T12", "L1", "L2")
    for level, centre in made_up.CENTRES_LPS.items():
        assert spine[level].centre_lps == pytest.approx(np.array(centre), abs=0.7)


def test_a_volume_that_is_gone_is_an_error_that_says_so(scene: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no longer in the scene"):
        MrmlBridge(scene, lambda *_: None).write_input(Request(volume="vtkMRMLScalarVolumeNode9"), tmp_path)


@pytest.mark.parametrize("axes", OBLIQUE.values(), ids=OBLIQUE.keys())
def test_every_segment_stands_at_its_levels_centre(scene: Any, tmp_path: Path, axes: np.ndarray) -> None:
    bridge, _ = drawn(scene, tmp_path, affine(axes))
    bodies = bridge._node("bodies")
    assert [segment.GetName() for segment in Bodies.segments(bodies)] == ["T11", "T12", "L1", "L2"]
    for level, centre in made_up.CENTRES_LPS.items():
        assert world_centre(bodies, level) == pytest.approx(np.array(centre) * MIRROR, abs=0.6)  # a third of a voxel


def test_segments_are_coded_and_coloured_by_grade_on_the_volumes_lattice(scene: Any, tmp_path: Path) -> None:
    import slicer

    bridge, volume = drawn(scene, tmp_path)
    bodies = bridge._node("bodies")
    colours = {segment.GetName(): segment.GetColor() for segment in Bodies.segments(bodies)}
    assert colours["L1"] == pytest.approx((0.95, 0.55, 0.15))  # Genant 2
    assert colours["T11"] == pytest.approx((0.6, 0.6, 0.6))  # not measured
    assert "SCT^66794005^L1 vertebra" in Terminology.entry("L1")
    tag = slicer.vtkSegment.GetTerminologyEntryTagName()
    file = Bodies.write(bodies, tmp_path / "coded.seg.nrrd")
    assert tag == "TerminologyEntry"
    assert b"SCT^66794005^L1 vertebra" in file.read_bytes()[:20000]
    role = slicer.vtkMRMLSegmentationNode.GetReferenceImageGeometryReferenceRole()
    assert bodies.GetNodeReferenceID(role) == volume.GetID()


def test_slicers_terminologies_take_the_shipped_codes() -> None:
    import slicer

    logic = slicer.vtkSlicerTerminologiesModuleLogic()
    assert logic.LoadTerminologyFromFile(str(Terminology.FILE))
    assert (
        logic.IsTerminologyContextLoaded(Terminology.CONTEXT) if hasattr(logic, "IsTerminologyContextLoaded") else True
    )


def test_a_dragged_end_comes_back_in_lps(scene: Any, tmp_path: Path) -> None:
    import slicer

    heard: list[Any] = []
    bridge, _ = drawn(scene, tmp_path, moved=lambda *told: heard.append(told))
    bridge.unlock()
    (line,) = [
        n
        for n in bridge._lines.nodes()
        if (n.GetAttribute("vfa.level"), n.GetAttribute("vfa.column")) == ("L1", "middle")
    ]
    assert not line.GetLocked()
    line.SetNthControlPointPositionWorld(1, 4.0, -3.0, 9.0)
    assert heard == []  # only when it is let go of
    line.InvokeEvent(slicer.vtkMRMLMarkupsNode.PointEndInteractionEvent)
    ((level, column, ends),) = heard
    assert (level, column, ends[1]) == ("L1", "middle", (-4.0, 3.0, 9.0))
    bridge.lock()
    assert all(node.GetLocked() for node in bridge._lines.nodes())


def test_a_redrawn_segment_is_noticed_and_written_under_the_name_vfa_gave(scene: Any, tmp_path: Path) -> None:
    from vtk.util import numpy_support

    bridge, _ = drawn(scene, tmp_path)
    assert bridge.redrawn() == ()
    bodies = bridge._node("bodies")
    segment = bodies.GetSegmentation().GetSegment(bodies.GetSegmentation().GetSegmentIdBySegmentName("L1"))
    voxels = numpy_support.vtk_to_numpy(segment.GetRepresentation("Binary labelmap").GetPointData().GetScalars())
    voxels[np.flatnonzero(voxels == segment.GetLabelValue())[0]] = 0
    assert bridge.redrawn() == ("L1",)
    from vfa.segment import read_segmentation

    names = {"T11": "T12", "T12": "L1", "L1": "L2", "L2": "L3"}
    assert read_segmentation([bridge.write_bodies(tmp_path, names)]).levels == ("T12", "L1", "L2", "L3")


def test_the_views_lie_in_the_bodys_own_planes(scene: Any) -> None:
    tilted = rotation(25, 0)  # about the left-right axis: kyphosis
    frame = {
        "centre_lps_mm": [5.0, -7.0, 11.0],
        **{n: tilted[:, c].tolist() for c, n in enumerate(("left", "x", "cranial"))},
    }
    frame["anterior"] = (-tilted[:, 1]).tolist()
    del frame["x"]
    document = json.loads(TEXT)
    document["vertebrae"][2]["geometry"]["frame"] = frame
    result = Result(json.dumps(document))
    MrmlBridge(scene, lambda *_: None).jump(result.mid_plane("L1"))
    for name, normal in (("Yellow", "left"), ("Red", "cranial"), ("Green", "anterior")):
        matrix = scene.GetNodeByID(f"vtkMRMLSliceNode{name}").GetSliceToRAS()
        stands = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(3)])
        assert stands[:, 3] == pytest.approx(np.array(frame["centre_lps_mm"]) * MIRROR)
        assert abs(stands[:, 2] @ (np.array(frame[normal]) * MIRROR)) == pytest.approx(1.0)
    yellow = scene.GetNodeByID("vtkMRMLSliceNodeYellow").GetSliceToRAS()
    up = np.array([yellow.GetElement(row, 1) for row in range(3)])
    assert up == pytest.approx(np.array(frame["cranial"]) * MIRROR)


def test_an_upright_body_is_shown_as_slicers_own_presets_show_a_patient(scene: Any) -> None:
    preset = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}
    expected = {}
    for name, orientation in preset.items():
        node = scene.GetNodeByID(f"vtkMRMLSliceNode{name}")
        assert node.SetOrientation(orientation)
        matrix = node.GetSliceToRAS()
        expected[name] = [[matrix.GetElement(row, column) for column in range(3)] for row in range(3)]
    MrmlBridge(scene, lambda *_: None).jump(RESULT.mid_plane("L1"))  # the made-up spine stands upright
    for name in preset:
        matrix = scene.GetNodeByID(f"vtkMRMLSliceNode{name}").GetSliceToRAS()
        assert [[matrix.GetElement(row, column) for column in range(3)] for row in range(3)] == expected[name]


def test_the_table_says_units_and_words_for_what_was_not_measured(scene: Any, tmp_path: Path) -> None:
    bridge, _ = drawn(scene, tmp_path)
    table = bridge._node("table")
    assert table.GetNumberOfRows() == 4
    assert table.GetColumnName(1) == "Anterior height (mm)"
    assert table.GetColumnUnitLabel("Anterior height (mm)") == "mm"
    assert table.GetNumberOfColumns() == len(COLUMN_HEADINGS)
    assert table.GetCellText(0, 1) == "not measured"
    assert table.GetCellText(2, 1) == "18.2 (17.6–18.8)"


def test_walls_are_drawn_and_never_dragged(scene: Any, tmp_path: Path) -> None:
    bridge, _ = drawn(scene, tmp_path)
    bridge.unlock()
    walls = [node for node in bridge._lines.nodes() if not node.GetAttribute("vfa.column")]
    assert {wall.GetAttribute("vfa.level") for wall in walls} == set(RESULT.measured)
    assert all(wall.GetLocked() for wall in walls)
    place = np.zeros(3)
    walls[0].GetNthControlPointPositionWorld(0, place)
    level = walls[0].GetAttribute("vfa.level")
    assert place == pytest.approx(np.array(RESULT.wall(level)[0]) * MIRROR)


def test_everything_stands_in_one_folder_and_can_be_taken_down(scene: Any, tmp_path: Path) -> None:
    import slicer

    bridge, _ = drawn(scene, tmp_path)
    bridge.keep(Kept(TEXT, TEXT, Request().to_text()))
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    folder = tree.GetItemChildWithName(tree.GetSceneItemID(), "Vertebral fracture assessment", True)
    import vtk

    children = vtk.vtkIdList()
    tree.GetItemChildren(folder, children)
    assert children.GetNumberOfIds() == 2 + 4 * 3 + 3  # bodies, table; three lines and a wall a level; three texts
    bridge.clear()
    for kind in ("MarkupsLine", "MarkupsCurve", "Segmentation", "Table", "Text"):
        assert scene.GetNumberOfNodesByClass(f"vtkMRML{kind}Node") == 0
    assert bridge.kept() is None


class Nothing:
    """A worker and installer that are not needed, and a panel that remembers."""

    def __init__(self) -> None:
        self.shown: Any = None

    def render(self, shown: Any) -> None:
        self.shown = shown

    def abandon(self) -> None:
        pass

    def ensure(self) -> str:
        return ""


def test_a_saved_scene_brings_back_every_number(scene: Any, tmp_path: Path) -> None:
    bridge, volume = drawn(scene, tmp_path)
    before = lines_of(scene)
    edits = Edits((MovedLine("L1", "anterior", (0.1, 0.2, 1 / 3), (0.0, 0.0, 9.0)),))
    request = Request(volume=volume.GetID(), edits=edits)
    bridge.keep(Kept(TEXT, TEXT, request.to_text(), volume.GetID()))
    path = tmp_path / "saved.mrb"
    assert scene.WriteToMRB(str(path))

    (tmp_path / "again").mkdir()
    opened = mrml.new_scene(tmp_path / "again")
    assert opened.ReadFromMRB(str(path))
    again = MrmlBridge(opened, lambda *_: None)
    kept = again.kept()
    assert kept is not None
    assert json.loads(kept.shown) == DOCUMENT
    assert opened.GetNodeByID(kept.volume).GetImageData() is not None
    assert Request.from_text(kept.request, kept.volume, "").edits == edits
    after = lines_of(opened)
    assert after.keys() == before.keys()
    for which, ends in before.items():
        assert after[which] == pytest.approx(ends, abs=1e-3)  # Slicer's markups file has that many digits
    bodies = again._node("bodies")
    assert [segment.GetName() for segment in Bodies.segments(bodies)] == ["T11", "T12", "L1", "L2"]
    assert again.redrawn() == ()

    nothing = Nothing()
    presenter = Presenter(again, nothing, nothing, nothing)
    presenter.scene_opened()
    assert nothing.shown.result.document == DOCUMENT
    # The lines are drawn again from the assessment itself, so not a digit is lost.
    for which, ends in lines_of(opened).items():
        lps = np.array(RESULT[which[0]]["geometry"]["height_lines_lps_mm"][which[1]])
        assert ends == pytest.approx(lps * MIRROR, abs=1e-12)
    presenter.close()
