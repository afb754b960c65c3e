"""What well-known data sets of TFDS offer, known before they are on disk.

`ENTRIES` maps the names of the data sets to their `Entry`, which prints as a
table; `mm_keras.data.offers(name)` finds the one of a name.
"""

from mm_keras.data.catalog import objects
from mm_keras.data.catalog import pictures
from mm_keras.data.catalog import sequences
from mm_keras.data.catalog.entry import check_classes
from mm_keras.data.catalog.entry import check_labelled
from mm_keras.data.catalog.entry import ENTRIES
from mm_keras.data.catalog.entry import Entry
from mm_keras.data.catalog.entry import Feature
from mm_keras.data.catalog.entry import offers
from mm_keras.data.catalog.suggested import tasks_of

__all__ = [
    "ENTRIES",
    "Entry",
    "Feature",
    "check_classes",
    "check_labelled",
    "objects",
    "offers",
    "pictures",
    "sequences",
    "tasks_of",
]
