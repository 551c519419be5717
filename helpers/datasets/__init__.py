"""The course's data: what comes with the installation, what is drawn, and what is downloaded on request."""

from __future__ import annotations

from helpers.datasets.catalogue import DOWNLOADS, Row, available, download, missing
from helpers.datasets.choose import images
from helpers.datasets.critters import Critters, critters
from helpers.datasets.digits import mnist
from helpers.datasets.folders import cats_vs_dogs, from_folder
from helpers.datasets.imagesets import ImageSet, Split
from helpers.datasets.photos import Photo, photo, photos
from helpers.datasets.tables import Tasks, schools, survey

__all__ = [
    "DOWNLOADS", "Critters", "ImageSet", "Photo", "Row", "Split", "Tasks", "available", "cats_vs_dogs", "critters",
    "download", "from_folder", "images", "missing", "mnist", "photo", "photos", "schools", "survey",
]  # fmt: skip
