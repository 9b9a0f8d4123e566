"""From a spine and its image to millimetres with an uncertainty."""

from vfa.measure.alignment import align
from vfa.measure.marrow_signal import with_marrow_signal
from vfa.measure.measure_spine import measure_spine

__all__ = ["align", "measure_spine", "with_marrow_signal"]
