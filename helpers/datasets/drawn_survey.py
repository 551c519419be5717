"""A drawn survey, of which the truth is known; it stands in where the real one is not here."""

from __future__ import annotations

import numpy as np

from helpers.datasets.tables import Tasks
from helpers.runtime import arguments


def drawn_survey(
    people: int = 190, computers: int = 20, own_taste: float = 0.35, noise: float = 1.5, seed: int = 0
) -> Tasks:
    """Return people (tasks) who each rate the same computers, 0 to 10, by 13 properties of -1 or 1.

    Ratings are 5 + the taste of all + the person's own taste and level + noise. own_taste: the standard deviation of a
    person's taste from that of all, in rating points per property (their level: four times as much). noise: the
    standard deviation of a rating around its person's taste; its square is the lowest mean squared error to be had,
    but for the cut at 0 and 10. Raises ValueError for fewer than two people or computers.
    """
    people, computers = arguments.whole("people", people, 2), arguments.whole("computers", computers, 2)
    random = arguments.generator(seed)
    design = _design(computers, random)
    common = random.normal(0, 0.35, design.shape[1])
    own = random.normal(0, own_taste, (people, design.shape[1]))
    level = random.normal(0, 4 * own_taste, (people, 1))
    ratings = 5 + level + (common + own) @ design.T + random.normal(0, noise, (people, computers))
    return Tasks(
        "drawn survey",
        np.tile(design, (people, 1)),
        np.clip(ratings, 0, 10).ravel(),
        np.repeat(np.arange(people), computers),
        tuple(f"person {number + 1}" for number in range(people)),
        tuple(f"property {number + 1}" for number in range(design.shape[1])),
        "how likely to buy, 0 to 10",
        (0.0, 10.0),
        f"Drawn, not observed: {people} people, noise of standard deviation {noise}.",
    )


def _design(computers: int, random: np.random.Generator, properties: int = 13) -> np.ndarray:
    """Computers by properties, -1 or 1, every column as balanced as can be and none constant."""
    half = np.where(np.arange(computers) < (computers + 1) // 2, 1.0, -1.0)
    return np.column_stack([random.permutation(half) for _ in range(properties)])
