"""Scores, Bland-Altman numbers, gains and references against scikit-learn, scipy and sums by hand."""

import numpy as np
import pytest

from helpers import datasets, multitask
from helpers.multitask import data, metrics, plots
from helpers.multitask.fit import Fitted


@pytest.fixture(scope="module")
def survey():
    return multitask.prepare(multitask.drawn_survey(people=12, seed=1))


def guess(name, values):
    """A model that predicts one number for each task."""
    return Fitted(name, lambda features, task: np.asarray(values, np.float32)[task])


def test_scores_are_those_of_scikit_learn(survey):
    from sklearn.metrics import mean_squared_error, r2_score

    rows, model = survey.test, guess("guess", np.linspace(-1, 1, 12))
    predicted = model.predict(rows.features, rows.task)
    score = multitask.score(model, survey)
    assert score.mse == pytest.approx(mean_squared_error(rows.target, predicted), rel=1e-5)
    assert score.r2 == pytest.approx(r2_score(rows.target, predicted), rel=1e-4)
    unit = [survey.scaling.to_unit(values) for values in (rows.target, predicted)]
    assert score.rmse == pytest.approx(np.sqrt(mean_squared_error(*unit)), rel=1e-5)
    apart = [mean_squared_error(rows.target[rows.task == k], predicted[rows.task == k]) for k in range(12)]
    assert score.task_mse == pytest.approx(np.mean(apart), rel=1e-5)


def test_to_unit_undoes_the_scaling(survey):
    raw = np.array([0.0, 2.5, 10.0])
    np.testing.assert_allclose(survey.scaling.to_unit(survey.scaling.target(raw)), raw, atol=1e-5)


def test_means_by_task():
    found = multitask.by_task(np.array([1.0, 3.0, 5.0]), np.array([0, 0, 2]), tasks=4)
    np.testing.assert_array_equal(found, [2, np.nan, 5, np.nan])


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match="must be equal in shape"):
        metrics.squared_errors(np.zeros(5), np.zeros((5, 1)))
    with pytest.raises(ValueError, match="must be equal in shape"):
        metrics.squared_errors(np.zeros(0), np.zeros(0))


def test_gains_by_hand(survey):
    better, worse = guess("a", np.zeros(12)), guess("b", np.full(12, 2.0))
    gains = multitask.gains(worse, better, survey)
    rows = survey.test
    for k in range(12):
        target = rows.target[rows.task == k]
        assert gains[k] == pytest.approx(np.mean((target - 2) ** 2) - np.mean(target**2), rel=1e-4)


def test_agreement_by_hand():
    found = multitask.agreement([1.0, 2.0, 3.0, 4.0], [2.0, 2.0, 4.0, 4.0])
    spread = np.std([1, 0, 1, 0], ddof=1)
    assert found.bias == 0.5 and found.low == pytest.approx(0.5 - 1.96 * spread)
    assert found.high == pytest.approx(0.5 + 1.96 * spread)


def test_the_slope_of_the_differences():
    """A prediction that halves every deviation from the mean: difference -d/2, mean 3d/4, slope -2/3."""
    truth = np.array([10.0, 20.0, 40.0, 50.0])
    assert multitask.agreement(truth, 30 + (truth - 30) / 2).slope == pytest.approx(-2 / 3)
    assert multitask.agreement(truth, truth).slope == 0
    assert multitask.agreement([3.0], [4.0]) == metrics.Agreement(1.0, 1.0, 1.0, 0.0)


def test_the_ridge_with_indicators_is_that_of_dense_columns(survey):
    from sklearn.linear_model import Ridge

    found = multitask.fit_ridge_with_indicator(survey)
    dense = [np.hstack([rows.features, np.eye(12)[rows.task]]) for rows in (survey.fit, survey.test)]
    expected = Ridge(alpha=found.model).fit(dense[0], survey.fit.target).predict(dense[1])
    np.testing.assert_allclose(found.predict(survey.test.features, survey.test.task), expected, atol=1e-4)


def test_the_ridge_per_task_is_that_of_each_task(survey):
    from sklearn.linear_model import Ridge

    found = multitask.fit_ridge_per_task(survey)
    predicted = found.predict(survey.test.features, survey.test.task)
    for k in range(12):
        fit, test = survey.fit.take(survey.fit.task == k), survey.test.take(survey.test.task == k)
        expected = Ridge(alpha=found.model).fit(fit.features, fit.target).predict(test.features)
        np.testing.assert_allclose(predicted[survey.test.task == k], expected, atol=1e-5)


def test_the_strength_is_chosen_without_the_test_rows(survey):
    spoiled = data.Prepared(
        **{**vars(survey), "test": data.Rows(survey.test.features, 9 - survey.test.target, survey.test.task)}
    )
    for fit in (multitask.fit_ridge, multitask.fit_ridge_per_task):
        assert fit(survey).model == fit(spoiled).model


def test_the_gates_axes(survey):
    gated = multitask.fit_gated(survey, epochs=2)
    table = np.random.default_rng(0).normal(size=(12, 32)).astype(np.float32)
    gated.model.get_layer("gate").set_weights([table])
    from sklearn.decomposition import PCA

    axes = PCA(2).fit(1 / (1 + np.exp(-table.astype(float))))
    positions, numbers, share = multitask.gate_positions(gated)
    expected = axes.transform(1 / (1 + np.exp(-table.astype(float))))
    np.testing.assert_allclose(np.abs(positions), np.abs(expected), atol=1e-6)
    assert share == pytest.approx(axes.explained_variance_ratio_.sum()) and numbers.tolist() == list(range(12))


def test_a_plane_explains_what_lies_in_a_plane():
    random = np.random.default_rng(0)
    places, noise = random.normal(size=(50, 2)), random.normal(size=50)
    assert multitask.explained(places, places @ [2, -1] + 3) == pytest.approx(1)
    from sklearn.linear_model import LinearRegression

    expected = LinearRegression().fit(places, noise).score(places, noise)
    assert multitask.explained(places, noise) == pytest.approx(expected)


def test_the_drawn_survey_has_the_truth_that_it_says():
    quiet = multitask.drawn_survey(people=400, own_taste=0.0, noise=1.0, seed=0)
    inside = (quiet.target > 0) & (quiet.target < 10)
    left = quiet.target - multitask.by_task(quiet.target, np.tile(np.arange(20), 400))[np.tile(np.arange(20), 400)]
    assert left[inside].std() == pytest.approx(1.0, abs=0.05)  # nothing but noise is left of equal tastes
    own = multitask.drawn_survey(people=400, own_taste=0.3, noise=0.0, seed=0)
    levels = multitask.by_task(own.target, own.task)
    assert levels.std() == pytest.approx(1.2, rel=0.1)  # four times the taste
    assert own.target.min() >= 0 and own.target.max() <= 10 and set(np.unique(own.features)) == {-1.0, 1.0}


def test_table(survey):
    scores = [multitask.score(model, survey) for model in (guess("a", np.zeros(12)), guess("b", np.ones(12)))]
    frame = multitask.table(scores, {"lecture": {"b": 0.66}})
    assert list(frame.index) == ["a", "b"] and list(frame["lecture"]) == ["", 0.66]
    assert frame["MSE (standardised)"].tolist() == [round(score.mse, 3) for score in scores]


def test_weights_in_the_diagram():
    """By hand, 5 columns, widths 4 and 3: 5*4+4 + 4*3+3 + 3+1 = 43."""
    own, one, heads, gated = plots.count_weights(5, 7, (4, 3))
    assert own == (0, 43) and one == (43, 0) and heads == (39, 4)
    assert gated == ((5 * 32 + 32) + (32 * 32 + 32) + 33, 32)


def test_pictures_say_what_they_show():
    random = np.random.default_rng(0)
    truth = random.normal(30, 10, 50)
    picture = multitask.bland_altman({"good": (truth, truth + 1), "bad": (truth, truth * 0)}, "points")
    assert "good: bias +1.00" in picture.alt and picture.png()[1:4] == b"PNG"
    gains = np.append(np.ones(9), np.nan)
    picture = multitask.gain_by_size(np.arange(10), {"all": gains})
    assert "100% of 8 gain, mean +1.000" in picture.alt and picture.png()[1:4] == b"PNG"
    assert "3 shared + heads" in multitask.diagrams(5, 7).alt
    with pytest.raises(ValueError, match="nothing to show"):
        multitask.bland_altman({}, "points")
    with pytest.raises(ValueError, match="nothing can be shown"):
        multitask.gain_by_size(np.zeros(3), {"all": np.zeros(3)})


@pytest.mark.parametrize("name", ["exam", "chem97", "school"])
def test_schools_are_prepared_whole(request, name):
    if name == "school":
        request.getfixturevalue("course_data")
    tasks = datasets.schools(name)
    prepared = multitask.prepare(tasks)
    assert len(prepared.train) + len(prepared.validation) + len(prepared.test) == len(tasks)
    assert prepared.known.all() and prepared.tasks == len(tasks.task_names)
    assert len(prepared.test) / len(tasks) == pytest.approx(0.25, abs=0.02)
