"""Sample pictures that come with the scikit-image and scikit-learn packages: no network needed."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from helpers import images
from helpers.files import MissingError

KINDS = ("photo", "microscope", "drawing")
_CC0 = "CC0"
_FREE = "no known copyright restrictions"
_UNCLEAR = "not stated in the package; see the README of scikit-image's data"
_SKIMAGE = "scikit-image"
_SKLEARN = "scikit-learn"
_FOLDERS = {_SKIMAGE: ("skimage", "data"), _SKLEARN: ("sklearn", "datasets/images")}

# name, file, package, kind, subject, licence, source: licence and source as the package itself documents them.
_ROWS = (
    ("astronaut", "astronaut.png", _SKIMAGE, "photo", "the astronaut Eileen Collins in an orange suit, a flag and a "
     "model of a shuttle behind her", "public domain, " + _FREE, "NASA Great Images"),
    ("brick", "brick.png", _SKIMAGE, "photo", "a brick wall, seen straight on (grey)", _CC0, "CC0Textures, Bricks25"),
    ("camera", "camera.png", _SKIMAGE, "photo", "a man at a film camera on a tripod, on a lawn (grey)", _CC0,
     "Lav Varshney"),
    ("cell", "cell.png", _SKIMAGE, "microscope", "one cell floating in saline, phase from a hologram (grey)", _CC0,
     "Mueller et al., Optics Express 26(8), 2018"),
    ("checkerboard", "chessboard_GRAY.png", _SKIMAGE, "drawing", "a black and white checkerboard (grey)", _UNCLEAR,
     "scikit-image"),
    ("chelsea", "chelsea.png", _SKIMAGE, "photo", "the face of Chelsea, a tabby cat", _CC0, "Stefan van der Walt"),
    ("china", "china.jpg", _SKLEARN, "photo", "a Chinese palace tower with curved roofs above a lake", "CC BY 2.0",
     "danielbuechele on Flickr, photo 6061409035"),
    ("clock", "clock_motion.png", _SKIMAGE, "photo", "a wall clock blurred by the moving camera (grey)",
     "public domain", "Stefan van der Walt"),
    ("coffee", "coffee.png", _SKIMAGE, "photo", "a cup of espresso on a wooden table, a spoon beside it", _CC0,
     "Rachel Michetti, courtesy of Pikolo Espresso Bar"),
    ("coins", "coins.png", _SKIMAGE, "photo", "24 old Greek coins from Pompeii on a dark ground (grey)", _FREE,
     "Brooklyn Museum Collection"),
    ("colorwheel", "color.png", _SKIMAGE, "drawing", "a wheel of all hues on black", _UNCLEAR, "scikit-image"),
    ("flower", "flower.jpg", _SKLEARN, "photo", "an orange dahlia, close up, on dark leaves", "CC BY 2.0",
     "vultilion on Flickr, photo 6056698931"),
    ("grass", "grass.png", _SKIMAGE, "photo", "grass from above (grey)", _CC0, "linolafett on DeviantArt, Grass 01"),
    ("gravel", "gravel.png", _SKIMAGE, "photo", "gravel from above (grey)", _CC0, "CC0Textures, Gravel04"),
    ("horse", "horse.png", _SKIMAGE, "drawing", "the black outline of a horse on white", _CC0,
     "Andreas Preuss (marauder), Openclipart"),
    ("hubble", "hubble_deep_field.jpg", _SKIMAGE, "photo", "galaxies in the Hubble eXtreme Deep Field",
     "public domain (NASA)", "NASA, HubbleSite 2012"),
    ("immunohistochemistry", "ihc.png", _SKIMAGE, "microscope", "stained glands of a colon, brown and blue", _FREE,
     "Center for Microscopy and Molecular Imaging (CMMI)"),
    ("logo", "logo.png", _SKIMAGE, "drawing", "the logo of scikit-image, a snake in a green and orange disc",
     _UNCLEAR, "scikit-image"),
    ("microaneurysms", "microaneurysms.png", _SKIMAGE, "microscope", "a small piece of a retina with lesions (grey)",
     _CC0, "Andreas Maier, High-Resolution Fundus image database"),
    ("moon", "moon.png", _SKIMAGE, "photo", "the surface of the moon with craters, low contrast (grey)", _UNCLEAR,
     "scikit-image"),
    ("page", "page.png", _SKIMAGE, "photo", "a printed page under uneven light (grey)", _UNCLEAR, "scikit-image"),
    ("phantom", "phantom.png", _SKIMAGE, "drawing", "the Shepp-Logan phantom, ellipses that stand for a head (grey)",
     _UNCLEAR, "Shepp and Logan, IEEE Transactions on Nuclear Science 21(3), 1974"),
    ("retina", "retina.jpg", _SKIMAGE, "photo", "the back of a human left eye with its blood vessels", _CC0,
     "Mikael Haggstrom, Wikimedia Commons"),
    ("rocket", "rocket.jpg", _SKIMAGE, "photo", "a Falcon 9 rocket on its launch pad at dusk", "public domain",
     "SpaceX Photos"),
    ("stereo_motorcycle", "motorcycle_left.png", _SKIMAGE, "photo", "a red motorcycle in a garage (the left picture of "
     "a stereo pair)", _UNCLEAR, "Scharstein et al., Middlebury stereo benchmark, GCPR 2014"),
    ("text", "text.png", _SKIMAGE, "photo", "formulas written by hand on squared paper (grey)",
     "public domain, " + _FREE, "Wikipedia, Corner.png"),
)  # fmt: skip


@dataclass(frozen=True)
class Photo:
    """One sample picture: its name, subject, kind, licence, source and file. The pixels are read on each access."""

    name: str
    subject: str
    kind: str
    licence: str
    source: str
    package: str
    path: Path

    @property
    def array(self) -> np.ndarray:
        """The picture as uint8 RGB `(height, width, 3)`, read anew each time (keep it if you need it twice)."""
        if not self.path.is_file():
            raise MissingError(
                f"The sample picture {self.name!r} is not in the installed {self.package}; "
                f"install it again: `pip install --force-reinstall {self.package}`."
            )
        return images.load(self.path)


def _folder(package: str) -> Path:
    module, inner = _FOLDERS[package]
    spec = find_spec(module)  # finds the package's folder without importing the package
    if spec is None or spec.origin is None:
        raise MissingError(f"The package {package} is not installed; `python3 course.py lab` installs it.")
    return Path(spec.origin).parent / inner


def photos(kind: str | None = None) -> dict[str, Photo]:
    """Return all sample pictures by name, in alphabetical order: `photos()["chelsea"].array`.

    `kind` keeps only one kind: "photo" (a camera made it), "microscope" or "drawing". Pixels are uint8 RGB
    `(height, width, 3)` and are read only when `.array` is asked for. Raises ValueError for an unknown kind and
    MissingError if a package that holds the pictures is not installed.
    """
    if kind is not None and kind not in KINDS:
        raise ValueError(f"There is no kind of picture {kind!r}; choose one of {', '.join(KINDS)}, or None for all.")
    folders = {package: _folder(package) for package in _FOLDERS}
    return {
        name: Photo(name, subject, made, licence, source, package, folders[package] / file)
        for name, file, package, made, subject, licence, source in _ROWS
        if kind in (None, made)
    }


def photo(name: str) -> Photo:
    """Return the sample picture of that name. Raises ValueError, with all names, if there is none."""
    known = photos()
    if name not in known:
        raise ValueError(f"There is no sample picture {name!r}; choose one of {', '.join(known)}.")
    return known[name]
