"""Outside its environment nothing here is collected."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("VFA_SLICER_LANE") else ["*.py"]
