"""The one notice of use and limits, printed by every output."""

NOTICE = (
    "Decision support for research use; not a medical device. Measurements and conclusions must be "
    "checked by a qualified reader on the images. 'No exclusion found' means only that no listed rule was "
    "met: it is not a recommendation to treat."
)
