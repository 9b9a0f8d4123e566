"""Where does an osteophyte stand on a body?"""

from __future__ import annotations

import numpy as np

from vfa.phantom.body_shape import BodyShape
from vfa.phantom.shape_changes import Osteophyte
from vfa.phantom.solids import Bar

ROOT_MM = 2.5  # inside the rim, where it begins
BEND = 0.25  # how much it rises towards the disc per mm outwards
TIP_SHARE = 0.35  # thickness at its tip, of that at its root
BREADTH = 2.6  # along the rim, of its thickness


def spur_bar(shape: BodyShape, spur: Osteophyte) -> Bar:
    """The spur as a tapering bar in the construction frame."""
    direction = np.array([np.cos(np.radians(spur.turn_deg)), np.sin(np.radians(spur.turn_deg))])
    far = np.linspace(0, 1.2 * max(shape.width_mm, shape.depth_mm), 400)
    outline = far[np.argmin(np.abs(shape.rim_distance_mm(far * direction[0], far * direction[1])))]
    sign, surface = (1.0, shape.upper_mm) if spur.endplate == "upper" else (-1.0, shape.lower_mm)
    x, y = (outline - ROOT_MM) * direction
    root_z = float(surface(x, y)) - sign * (spur.thickness_mm / 2 + 0.3)
    tip_x, tip_y = (outline + spur.length_mm) * direction
    tip_z = root_z + sign * BEND * (spur.length_mm + ROOT_MM)
    half = spur.thickness_mm / 2
    return Bar(
        (float(x), float(y), root_z),
        (float(tip_x), float(tip_y), tip_z),
        (half, BREADTH * half),
        (TIP_SHARE * half, TIP_SHARE * BREADTH * half),
    )
