"""Multi-task learning: the stacked step is the lecture's loop, splits are fair, odd tables are taken or refused."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from helpers import multitask
from helpers.datasets import Tasks
from helpers.multitask import compare, models, training
from helpers.multitask.data import Rows
from helpers.multitask.lecture_loop import LectureLoop
from helpers.multitask.training import Examples, Trainer, row_batches, task_batches
from helpers.runtime import tensorflow

QUICK = {"epochs": 3, "patience": 3}


def table(sizes, columns=4, seed=0, name="toy"):
    """Tasks with slopes and intercepts of their own around common ones."""
    random = np.random.default_rng(seed)
    task = np.repeat(np.arange(len(sizes)), sizes)
    features = random.normal(3, 2, (len(task), columns))
    slopes = random.normal(1, 0.3, (len(sizes), columns))
    target = (
        (features * slopes[task]).sum(axis=1) + random.normal(0, 2, len(sizes))[task] + random.normal(0, 1, len(task))
    )
    names = tuple(f"task {k}" for k in range(len(sizes)))
    columns = tuple(f"column {k}" for k in range(columns))
    return Tasks(name, features, 10 + target, task, names, columns, "points", (-100.0, 100.0))


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Unequal tasks in mixed order, standardised."""
    random = np.random.default_rng(5)
    task = random.permutation(np.repeat(np.arange(4), [9, 3, 30, 1])).astype(np.int32)
    return Rows(
        random.normal(size=(43, 6)).astype(np.float32), (task - random.normal(size=43)).astype(np.float32), task
    )


@pytest.fixture(scope="module")
def prepared():
    return multitask.prepare(table([12, 40, 25]), seed=1)


# --- parts, scales, weights -------------------------------------------------------------------------------------------


def test_every_row_is_in_one_part_and_shares_hold_in_every_task():
    tasks = table([20, 8, 40])
    prepared = multitask.prepare(tasks, test=0.25, validation=0.2, seed=3)
    assert [np.bincount(part.task).tolist() for part in (prepared.train, prepared.validation, prepared.test)] == [
        [12, 5, 24],
        [3, 1, 6],
        [5, 2, 10],
    ]
    parts = [prepared.train, prepared.validation, prepared.test]
    raw = np.concatenate([prepared.scaling.to_unit(part.target) for part in parts])
    np.testing.assert_allclose(np.sort(raw), np.sort(tasks.target), rtol=1e-5)
    assert len(prepared.fit) == len(prepared.train) + len(prepared.validation)


def test_the_split_follows_the_seed():
    tasks = table([20, 30])
    first, again, other = (multitask.prepare(tasks, seed=seed) for seed in (1, 1, 2))
    assert (first.validation.target == again.validation.target).all()
    assert not np.array_equal(first.validation.target, other.validation.target)


def test_scalers_never_see_a_test_row():
    tasks = table([20, 30])
    test = np.zeros(50, bool)
    test[::5] = True
    spoiled = Tasks(
        **{**vars(tasks), "features": tasks.features + 1e6 * test[:, None], "target": tasks.target + 1e6 * test}
    )
    clean, dirty = multitask.prepare(tasks, test=test), multitask.prepare(spoiled, test=test)
    np.testing.assert_array_equal(clean.fit.features, dirty.fit.features)
    np.testing.assert_array_equal(clean.fit.target, dirty.fit.target)
    np.testing.assert_allclose(clean.fit.features.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(clean.fit.target.std(), 1, rtol=1e-5)
    assert abs(multitask.prepare(spoiled, test=test, scale_on="all").fit.target.mean()) > 0.1  # the lecture's way does


def test_weights_by_hand():
    task = np.array([0, 0, 0, 0, 2])
    np.testing.assert_allclose(multitask.row_weights(task, "task"), [0.25] * 4 + [1])
    np.testing.assert_allclose(multitask.row_weights(task, "row"), [0.4] * 5)
    np.testing.assert_allclose(multitask.row_weights(task, "between"), np.array([0.5] * 4 + [1]) * 2 / 3, rtol=1e-6)
    np.testing.assert_array_equal(multitask.row_weights(task, 0.5), multitask.row_weights(task, "between"))
    for wrong in ("pupil", 2, -1):
        with pytest.raises(ValueError, match="weighting is"):
            multitask.row_weights(task, wrong)


def test_limit_keeps_the_test_rows_and_so_many_of_each_task(prepared):
    few = multitask.subsample(prepared, 5, seed=2)
    assert few.sizes.tolist() == [5, 5, 5] and few.test is prepared.test and few.scaling is prepared.scaling
    assert len(few.train) + len(few.validation) == 15 and 0 < len(few.validation) < 6
    everything = {tuple(row) for row in prepared.fit.features}
    assert all(tuple(row) in everything for row in few.fit.features)
    assert multitask.subsample(prepared, np.array([0, 100, 3])).sizes.tolist() == [0, prepared.sizes[1], 3]
    for wrong in (0, -1):
        with pytest.raises(ValueError, match="most is"):
            multitask.subsample(prepared, wrong)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_impossible_shares(share):
    for name in ("test", "validation"):
        with pytest.raises(ValueError, match="share"):
            multitask.prepare(table([9, 9]), **{name: share})
    with pytest.raises(ValueError, match="scale_on"):
        multitask.prepare(table([9, 9]), scale_on="test")


# --- batches and layouts ----------------------------------------------------------------------------------------------


def test_batches_hold_every_row_once(rows):
    random = np.random.default_rng(0)
    for draw in (training.whole(43), row_batches(43, 10), task_batches(rows.task, 3)):
        order, edges = draw(random)
        assert sorted(order) == list(range(43)) and edges[0] == 0 and edges[-1] == 43 and (np.diff(edges) > 0).all()


def test_task_batches_hold_whole_tasks(rows):
    order, edges = task_batches(rows.task, 3)(np.random.default_rng(2))
    first, second = (set(rows.task[order[a:b]]) for a, b in itertools.pairwise(edges))
    assert len(first) == 3 and len(second) == 1 and not first & second


def test_the_cube_keeps_every_row(rows):
    laid = models.cube(rows.target, rows.task, 4)
    assert laid.shape == (30, 4) and (laid != 0).sum() == 43
    for number in range(4):
        np.testing.assert_array_equal(laid[: (rows.task == number).sum(), number], rows.target[rows.task == number])


# --- the same mathematics as one model per task -----------------------------------------------------------------------


def lecture_and_ours(rows, unfrozen=()):
    one = models.one_for_all(6, (8, 5), seed=2)
    loop = LectureLoop(one, rows, unfrozen, learning_rate=0.01)
    stacked = models.shared_with_heads(one, 4)
    variables = stacked.get_layer("heads").trainable_variables
    for name in unfrozen:
        variables = variables + stacked.get_layer(name).trainable_variables
    return one, loop, stacked, Trainer(stacked, variables, 0.01)


def test_stacked_heads_under_one_adam_are_the_lectures_loop(rows):
    one, loop, stacked, trainer = lecture_and_ours(rows)
    start = loop.heads()
    losses = [loop.step() for _ in range(15)]
    history = trainer.run(Examples.of(stacked, rows, "task"), 15)
    heads = stacked.get_layer("heads").embeddings.numpy()
    assert np.abs(heads - start).max() > 0.05
    np.testing.assert_allclose(heads, loop.heads(), atol=1e-5)
    np.testing.assert_allclose(history.loss, np.array(losses) / 4, rtol=1e-4)  # theirs is the sum over four tasks
    for layer in one.layers[1:-2]:
        np.testing.assert_array_equal(stacked.get_layer(layer.name).kernel, layer.kernel)


def test_the_gradients_of_one_tape_per_task_add_up_to_the_gradient_of_the_sum(rows):
    tf = tensorflow()
    one = models.one_for_all(6, (8, 5), seed=2)
    stacked = models.shared_with_heads(one, 4)
    variables = stacked.trainable_variables
    apart = [np.zeros(v.shape) for v in variables]
    for number in range(4):
        part = rows.take(rows.task == number)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((part.target - stacked([part.features, part.task])) ** 2)
        apart = [a + tf.convert_to_tensor(g) for a, g in zip(apart, tape.gradient(loss, variables), strict=True)]
    weights = multitask.row_weights(rows.task, "task")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(weights * (rows.target - stacked([rows.features, rows.task])) ** 2)
    for a, b in zip(apart, tape.gradient(loss, variables), strict=True):
        np.testing.assert_allclose(a, tf.convert_to_tensor(b), atol=1e-5)


def test_with_a_shared_layer_unfrozen_the_loop_takes_one_step_per_task(rows):
    """One of ours moves a weight by at most the learning rate; one of theirs by up to as many times it as tasks."""
    one, loop, stacked, trainer = lecture_and_ours(rows, ("shared_2",))
    before = one.get_layer("shared_2").kernel.numpy()
    loop.step()
    trainer.run(Examples.of(stacked, rows, "task"), 1)
    theirs = np.abs(loop.hidden[1].kernel.numpy() - before).max()
    ours = np.abs(stacked.get_layer("shared_2").kernel.numpy() - before).max()
    assert ours == pytest.approx(0.01, rel=1e-3) and theirs == pytest.approx(0.04, rel=1e-3)


def test_the_stack_of_networks_is_separate_networks(rows):
    """Each against an ordinary Keras model with an Adam of its own, trained on its own rows."""
    tf = tensorflow()
    import keras

    stack = models.per_task(6, 4, (8, 5), seed=3)
    start = [w.copy() for w in stack.get_weights()]
    Trainer(stack, learning_rate=0.01).run(Examples.of(stack, rows, "task"), 10)
    for number in range(4):
        alone = models.one_for_all(6, (8, 5))
        alone.set_weights([w[number] for w in start])
        adam = keras.optimizers.Adam(0.01)
        part = rows.take(rows.task == number)
        for _ in range(10):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((part.target - alone(part.features)) ** 2)
            adam.apply_gradients(zip(tape.gradient(loss, alone.weights), alone.weights, strict=True))
        for own, weights in zip(alone.get_weights(), stack.get_weights(), strict=True):
            np.testing.assert_allclose(own, weights[number], atol=1e-5)


def test_a_new_model_of_shared_layers_and_heads_predicts_what_the_one_for_all_does(rows):
    one = models.one_for_all(6, (8, 5), seed=4)
    expected = one(rows.features).numpy()
    np.testing.assert_allclose(models.shared_with_heads(one, 4)([rows.features, rows.task]), expected, atol=1e-6)
    stack = models.per_task(6, 4, (8, 5))
    models.start_from(stack, one)
    laid = stack(models.cube(rows.features, rows.task, 4)).numpy()
    np.testing.assert_allclose(laid[models.places_of(rows.task), rows.task], expected, atol=1e-6)


def test_the_gated_model_is_its_formula(rows):
    model = models.gated(6, 4, embedding=3, width=2, seed=1)
    gate, student, bias, hidden, hidden_bias, output, output_bias = (
        model.get_layer(name).get_weights()[k]
        for name, k in [("gate", 0), ("student", 0), ("student", 1), ("shared_2", 0), ("shared_2", 1), ("output", 0)]
        + [("output", 1)]
    )
    opened = 1 / (1 + np.exp(-gate[rows.task]))
    inside = np.maximum((opened * (rows.features @ student + bias)) @ hidden + hidden_bias, 0)
    np.testing.assert_allclose(model([rows.features, rows.task]), (inside @ output + output_bias)[:, 0], atol=1e-5)


# --- the training loop ------------------------------------------------------------------------------------------------


def test_a_strong_pull_keeps_heads_together_and_none_lets_them_part(rows):
    spreads = []
    for pull in (0.0, 1000.0):
        _, _, stacked, _ = lecture_and_ours(rows)
        heads = stacked.get_layer("heads").trainable_variables
        Trainer(stacked, heads, 0.01, heads, pull).run(Examples.of(stacked, rows), 60)
        spreads.append(heads[0].numpy().std(axis=0).max())
    assert spreads[0] > 0.2 and spreads[1] < 0.02


def test_the_average_of_the_weights_by_hand(rows):
    one = models.one_for_all(6, (3,), seed=0)
    examples = Examples.of(one, rows)
    start = one.get_weights()
    path = []
    plain = Trainer(one)
    for steps in (1, 2, 3):
        one.set_weights(start)
        plain.run(examples, steps)
        path.append(one.get_weights()[0])
    one.set_weights(start)
    Trainer(one, average=0.2).run(examples, 3)
    expected = start[0]
    for number, weights in enumerate(path, start=1):
        momentum = min(0.2, (1 + number) / (10 + number))
        expected = momentum * expected + (1 - momentum) * weights
    np.testing.assert_allclose(one.get_weights()[0], expected, atol=1e-6)


def test_validation_brings_the_best_weights_back_and_may_choose_none(rows):
    one = models.one_for_all(6, (8,), seed=0)
    start = one.get_weights()
    away = Rows(rows.features, one(rows.features).numpy(), rows.task)  # the start is perfect here
    held = Examples.of(one, away)
    history = Trainer(one, learning_rate=0.05).run(Examples.of(one, rows), 50, validation=held, patience=4)
    assert history.best == 0 and len(history.loss) == 4 and history.start == pytest.approx(0, abs=1e-10)
    for now, then in zip(one.get_weights(), start, strict=True):
        np.testing.assert_array_equal(now, then)


def test_a_second_run_starts_with_a_fresh_adam(rows):
    one = models.one_for_all(6, (8,), seed=0)
    start, trainer, ends = one.get_weights(), Trainer(one), []
    for _ in range(2):
        one.set_weights(start)
        trainer.run(Examples.of(one, rows), 5, row_batches(43, 10), seed=7)
        ends.append(one.get_weights()[0])
    np.testing.assert_allclose(*ends, atol=1e-7)


def test_an_exception_from_on_epoch_stops_the_training(prepared):
    class Stop(Exception):
        pass

    seen = []

    def watch(step, epoch, history):
        seen.append((step, epoch))
        if epoch == 2:
            raise Stop

    with pytest.raises(Stop):
        multitask.fit_one_for_all(prepared, on_epoch=watch, **QUICK)
    assert seen == [("one for all", 1), ("one for all", 2)]


# --- the four models --------------------------------------------------------------------------------------------------


def fit_all(prepared, phases=1):
    one = multitask.fit_one_for_all(prepared, **QUICK)
    return [
        one,
        multitask.fit_per_task(prepared, shared=one, **QUICK),
        multitask.fit_heads(prepared, one, phases=phases, **QUICK),
        multitask.fit_gated(prepared, shared=one, **QUICK),
        *multitask.fit_references(prepared),
    ]


@pytest.fixture(scope="module")
def fitted(prepared):
    found = fit_all(prepared, phases=2)
    return [*found[:4], multitask.fit_per_task(prepared, shared=found[0], pull=10.0, **QUICK), *found[4:]]


def test_prediction_of_all_tasks_is_one_call_in_any_order(prepared, fitted):
    rows = prepared.test
    shuffled = np.random.default_rng(0).permutation(len(rows))
    for model in fitted:
        whole = model.predict(rows.features, rows.task)
        assert whole.shape == (len(rows),) and np.isfinite(whole).all()
        assert model.predict(rows.features[:0], rows.task[:0]).shape == (0,)
        mixed = rows.take(shuffled)
        np.testing.assert_allclose(model.predict(mixed.features, mixed.task), whole[shuffled], atol=1e-5)


def test_learning_beats_the_mean():
    prepared = multitask.prepare(table([60, 50, 70, 40], seed=4))
    one = multitask.fit_one_for_all(prepared, epochs=80)
    heads = multitask.fit_heads(prepared, one, epochs=80)
    mean, _, _, indicator = multitask.fit_references(prepared)
    errors = [multitask.score(model, prepared).mse for model in (mean, one, heads, indicator)]
    assert errors[0] == pytest.approx(1, abs=0.4)
    assert errors[2] < errors[1] < 0.6 and errors[2] < 0.5 and errors[3] < errors[1]


def test_equal_seeds_give_equal_models(prepared, fitted):
    models = fitted[3], *(multitask.fit_gated(prepared, seed=seed, **QUICK) for seed in (0, 2))
    predictions = [model.predict(prepared.test.features, prepared.test.task) for model in models]
    np.testing.assert_allclose(predictions[0], predictions[1], atol=1e-6)
    assert np.abs(predictions[0] - predictions[2]).max() > 1e-3


def test_the_search_for_heads_starts_from_shared_layers_that_never_saw_the_validation_rows(prepared, fitted):
    one, heads = fitted[0], fitted[2]
    own = models.one_for_all(prepared.columns)
    own.set_weights(one.train_only_weights)
    held = prepared.validation
    expected = np.mean((own(held.features).numpy() - held.target) ** 2)
    assert heads.history["heads"].start == pytest.approx(expected, rel=1e-4)


def test_an_unknown_task_gets_one_sentence_or_the_shared_model(prepared, fitted):
    features = prepared.test.features[:2]
    one = fitted[0]
    for model in fitted[1:5]:
        for stranger in (3, -1):
            with pytest.raises(ValueError, match=rf"learned 3 tasks.*task {stranger} is not among.*unknown='shared'"):
                model.predict(features, [0, stranger])
        predicted = model.predict(features, [0, 99], unknown="shared")
        assert predicted[1] == pytest.approx(one.predict(features, [0, 0])[1])
        assert predicted[0] == pytest.approx(model.predict(features[:1], [0])[0], abs=1e-6)
        with pytest.raises(ValueError, match="unknown is 'guess'"):
            model.predict(features, [0, 99], unknown="guess")
    np.testing.assert_array_equal(one.predict(features, [99, 99]), one.predict(features, [0, 1]))
    with pytest.raises(ValueError, match="no shared model"):
        replace(fitted[3], shared=None).predict(features, [0, 99], unknown="shared")
    with pytest.raises(ValueError, match="soft sharing starts from"):
        multitask.fit_per_task(prepared, pull=1.0)


# --- odd tables -------------------------------------------------------------------------------------------------------


def odd(name):
    if name == "one pupil in a school, columns that are constant everywhere or in training":
        tasks = table([12, 1, 20])
        tasks.features[:, :2] = 7.1, 0.1
        tasks.features[5, 1] = 8
        return multitask.prepare(tasks, test=np.arange(33) == 5)
    if name == "one target for all, no validation rows":
        tasks = table([12, 20])
        tasks.target[:] = 3
        return multitask.prepare(tasks, validation=0)
    return multitask.prepare(table([30]))


@pytest.mark.parametrize(
    "name",
    [
        "one pupil in a school, columns that are constant everywhere or in training",
        "one target for all, no validation rows",
        "one school only",
    ],
)
def test_odd_tables_are_taken(name):
    prepared = odd(name)
    assert prepared.known.all()
    for model in fit_all(prepared):
        score = multitask.score(model, prepared)
        assert np.isfinite([score.mse, score.task_mse, score.rmse]).all(), model.name


def test_a_school_in_the_test_set_only():
    tasks = table([12, 9, 20])
    prepared = multitask.prepare(tasks, test=tasks.task == 1)
    assert prepared.known.tolist() == [True, False, True] and prepared.sizes.tolist() == [12, 0, 20]
    one, *models_, mean, ridge, own, indicator = fit_all(prepared)
    for model in (*models_, own, indicator):
        with pytest.raises(ValueError, match="task 1 is not among them"):
            multitask.score(model, prepared)
        shared = ridge if model in (own, indicator) else one
        expected = multitask.score(shared, prepared)
        assert multitask.score(model, prepared, unknown="shared").mse == pytest.approx(expected.mse, rel=1e-5)
    assert np.isfinite(multitask.score(mean, prepared).mse)


def test_missing_values_are_refused(prepared):
    tasks = table([12, 20])
    with pytest.raises(ValueError, match="missing values"):
        Tasks(**{**vars(tasks), "features": np.where(tasks.features > 5, np.nan, tasks.features)})
    raw = tasks.features.copy()
    raw[3, 1] = raw[8, 0] = np.nan
    with pytest.raises(ValueError, match=r"2 of 32 rows have missing values; leave these rows out"):
        prepared.scaling.features(raw)
    with pytest.raises(ValueError, match=r"expected \(rows, 4\)"):
        prepared.scaling.features(raw[:, :2])


def test_tasks_of_other_kinds_are_predicted_alike(prepared, fitted):
    import pandas

    features, task = prepared.test.features[:4], np.array([0, 2, 1, 0])
    table = pandas.DataFrame(features, index=[3, 1, 4, 5])
    for model in fitted:
        expected = model.predict(features, task)
        for other in (task.tolist(), task.astype(float), task[:, None], pandas.Series(task, index=[9, 8, 7, 6])):
            np.testing.assert_allclose(model.predict(table, other), expected, atol=1e-5)


def test_rows_of_other_kinds_score_alike(prepared, fitted):
    rows = prepared.test
    other = Rows(rows.features.tolist(), rows.target[:, None], rows.task.astype(float))
    assert multitask.score(fitted[0], prepared, other).mse == multitask.score(fitted[0], prepared).mse


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda p, one: one.predict(p.test.features[:2], [0, 0.7]), "the tasks hold 0.7, expected whole numbers"),
        (lambda p, one: one.predict(p.test.features[:2], [0, np.nan]), "the tasks hold nan, expected whole numbers"),
        (lambda p, one: one.predict(p.test.features[:2], ["a", "b"]), "the tasks are names, such as 'a'"),
        (
            lambda p, one: one.predict(p.test.features[:2], [0]),
            r"shape \(2, 4\), expected \(1, 4\): a row for each task",
        ),
        (lambda p, one: one.predict(p.test.features[:2, :3], [0, 0]), r"shape \(2, 3\), expected \(2, 4\)"),
        (lambda p, one: one.predict(p.test.features[:1] * np.nan, [0]), "missing values; leave these rows out"),
        (lambda p, one: one.predict(p.test.features[:1], [0], unknown="guess"), "unknown is 'guess'"),
        (lambda p, one: Rows(p.test.features, p.test.target[:3], p.test.task), "rows of features, 3 targets and"),
        (lambda p, one: Rows(p.test.features, p.test.target, -p.test.task), "the tasks hold -1|the tasks hold -2"),
        (lambda p, one: multitask.fit_heads(p, one, phases=5), "phases is 5, expected from 1 to 3, a whole number"),
        (lambda p, one: multitask.fit_heads(p, one, phases=0), "phases is 0, expected from 1 to 3"),
        (lambda p, one: multitask.fit_heads(p, None), "shared is 'NoneType'; expected the model of fit_one_for_all"),
        (
            lambda p, one: multitask.fit_heads(p, multitask.fit_mean(p)),
            "shared is 'predict the mean'; expected the model",
        ),
        (lambda p, one: multitask.fit_heads(p, one, pull=-1), "pull is -1, expected a number, at least 0"),
        (
            lambda p, one: multitask.fit_heads(p, one, learning_rate=0),
            "learning_rate is 0, expected a number, more than 0",
        ),
        (lambda p, one: multitask.fit_one_for_all(p, epochs=2.5), "epochs is 2.5, expected at least 0, a whole number"),
        (lambda p, one: multitask.fit_one_for_all(p, batch=0), "batch is 0, expected at least 1, a whole number"),
        (lambda p, one: multitask.fit_one_for_all(p, batch_of="pupils"), "batch_of is 'pupils'; expected 'rows'"),
        (lambda p, one: multitask.fit_per_task(p, seed=None), "seed is None, expected at least 0"),
        (lambda p, one: multitask.by_task([1.0, 2.0], [0, 0.7]), "the tasks hold 0.7, expected whole numbers from 0"),
        (lambda p, one: multitask.by_task([1.0, 2.0], [0, 5], tasks=4), "the tasks hold 5, expected .* from 0 to 3"),
        (lambda p, one: multitask.by_task([1.0], [0, 1]), "1 values and 2 tasks"),
        (lambda p, one: multitask.row_weights([0, -1]), "the tasks hold -1, expected whole numbers from 0"),
        (lambda p, one: multitask.subsample(p, 2.5), "most is 2.5; expected a whole number of rows"),
        (
            lambda p, one: multitask.subsample(p, [1, 2]),
            "a whole number of rows, not 0, or 3 from 0, one",
        ),
        (lambda p, one: multitask.prepare(None), "tasks is None, expected a table of tasks"),
        (
            lambda p, one: multitask.prepare(table([9, 9]), test=[0.25] * 18),
            "the test mask must have 18 values and leave rows for training",
        ),
        (lambda p, one: multitask.gate_positions(one), "'one for all' has no gates; give the model of fit_gated"),
        (lambda p, one: multitask.drawn_survey(people=1), "people is 1, expected at least 2"),
        (lambda p, one: multitask.drawn_survey(people=2.5), "people is 2.5, expected at least 2, a whole number"),
        (lambda p, one: multitask.gain_by_size([1, 2], {"a": [1.0]}), "'a' has 1 gains for 2 tasks"),
    ],
)
def test_odd_arguments_are_one_sentence(prepared, fitted, call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call(prepared, fitted[0])
    assert "\n" not in str(caught.value)


def test_the_comparison_of_both_ways(rows):
    one = models.one_for_all(6, (8, 5), seed=2)
    heads, both = (compare(one, rows, 4, unfrozen, steps=2) for unfrozen in ((), ("shared_2",)))
    assert heads.heads < 1e-5 and heads.moved == (0, 0) and min(heads.seconds) > 0
    assert both.moved[0] > 2 * both.moved[1] > 0
