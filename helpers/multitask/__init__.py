"""Multi-task learning: many related small tables, and how much their models should share."""

from __future__ import annotations

from helpers.multitask.drawn import drawn_survey
from helpers.multitask.fitting import Fitted, fit_gated, fit_heads, fit_one_for_all, fit_per_task
from helpers.multitask.measures import agreement, by_task, explained, gains, gate_positions, score, table
from helpers.multitask.pictures import bland_altman, diagrams, gain_by_size
from helpers.multitask.references import (
    fit_mean,
    fit_references,
    fit_ridge,
    fit_ridge_per_task,
    fit_ridge_with_indicator,
)
from helpers.multitask.rows import Prepared, Rows, limit, prepare, row_weights
from helpers.multitask.training import History

__all__ = [
    "Fitted", "History", "Prepared", "Rows", "agreement", "bland_altman", "by_task", "diagrams", "drawn_survey",
    "explained", "fit_gated", "fit_heads", "fit_mean", "fit_one_for_all", "fit_per_task", "fit_references",
    "fit_ridge", "fit_ridge_per_task", "fit_ridge_with_indicator", "gain_by_size", "gains", "gate_positions",
    "limit", "prepare", "row_weights", "score", "table",
]  # fmt: skip
