"""The course's data: what comes with the installation, what is drawn, and what is downloaded on request."""

from helpers.datasets.animals import ANIMALS, animals
from helpers.datasets.catalogue import DOWNLOADS, available, download, missing
from helpers.datasets.critters import CLASS_NAMES, Critters, critters
from helpers.datasets.digits import mnist
from helpers.datasets.folders import cats_vs_dogs, from_folder
from helpers.datasets.imagesets import ImageSet, Split
from helpers.datasets.load import images
from helpers.datasets.own_tables import tasks
from helpers.datasets.photo_collection import photo_collection
from helpers.datasets.photos import Photo, photo, photos
from helpers.datasets.splits import stratified_sample
from helpers.datasets.tables import Tasks, schools, survey

__all__ = [
    "ANIMALS",
    "CLASS_NAMES",
    "DOWNLOADS",
    "Critters",
    "ImageSet",
    "Photo",
    "Split",
    "Tasks",
    "animals",
    "available",
    "cats_vs_dogs",
    "critters",
    "download",
    "from_folder",
    "images",
    "missing",
    "mnist",
    "photo",
    "photo_collection",
    "photos",
    "schools",
    "stratified_sample",
    "survey",
    "tasks",
]
