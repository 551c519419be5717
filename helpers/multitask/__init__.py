"""Multi-task learning: many related small tables, and how much their models should share."""

from helpers.datasets.drawn_survey import drawn_survey
from helpers.multitask.baselines import (
    fit_mean,
    fit_references,
    fit_ridge,
    fit_ridge_per_task,
    fit_ridge_with_indicator,
)
from helpers.multitask.data import prepare, row_weights, subsample
from helpers.multitask.fit import fit_gated, fit_heads, fit_one_for_all, fit_per_task
from helpers.multitask.lecture_loop import compare
from helpers.multitask.metrics import agreement, by_task, explained, gains, gate_positions, score, table
from helpers.multitask.plots import bland_altman, diagrams, gain_by_size

__all__ = [
    "agreement",
    "bland_altman",
    "by_task",
    "compare",
    "diagrams",
    "drawn_survey",
    "explained",
    "fit_gated",
    "fit_heads",
    "fit_mean",
    "fit_one_for_all",
    "fit_per_task",
    "fit_references",
    "fit_ridge",
    "fit_ridge_per_task",
    "fit_ridge_with_indicator",
    "gain_by_size",
    "gains",
    "gate_positions",
    "prepare",
    "row_weights",
    "score",
    "subsample",
    "table",
]
