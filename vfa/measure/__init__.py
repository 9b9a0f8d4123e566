"""From a spine and its image to millimetres with an uncertainty."""

from vfa.measure.alignment import align
from vfa.measure.fracture_classes import suggest_classes
from vfa.measure.marrow_signal import with_marrow_signal
from vfa.measure.measure_spine import measure_spine
from vfa.measure.prior_study import compare_with_prior

__all__ = ["align", "compare_with_prior", "measure_spine", "suggest_classes", "with_marrow_signal"]
