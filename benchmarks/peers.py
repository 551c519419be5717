"""The same methods in four public libraries, as they are called by their documentation, built once and kept.

Install them in an environment of its own: benchmarks/requirements.txt says how. A library that is not installed is left
out. All get the network that ends in logits, in which the preparation of pictures is a layer.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.floors import BATCH
from helpers.runtime import tensorflow

LIBRARIES = {"tf-keras-vis": "tf_keras_vis", "xplique": "xplique", "tf-explain": "tf_explain", "lime": "lime"}
GREY = 127  # a cover's brightness; zero would be black
Peers = dict[str, dict[str, Callable[[], np.ndarray]]]


def installed() -> list[str]:
    """The names of the libraries that are here."""
    return [name for name, module in LIBRARIES.items() if importlib.util.find_spec(module)]


def peers(model: Any, layer: str, picture: np.ndarray, class_: int, settings: dict[str, Any]) -> Peers:
    """Method -> library -> a call without arguments that returns the library's map.

    model: Keras, (n, height, width, 3) -> logits. settings: samples, steps, patch, stride, segments, perturbations.
    """
    found: Peers = {}
    ways = {"tf-keras-vis": _tf_keras_vis, "xplique": _xplique, "tf-explain": _tf_explain, "lime": _lime}
    for library in installed():
        for method, call in ways[library](model, layer, picture, class_, settings):
            found.setdefault(method, {})[library] = call
    return found


def _tf_keras_vis(model, layer, picture, class_, settings) -> Iterator[tuple[str, Callable]]:
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.scores import CategoricalScore

    batch, score = picture[None].astype(np.float32), CategoricalScore(class_)
    kinds = {"grad_cam": Gradcam, "grad_cam_plus_plus": GradcamPlusPlus}
    for name, kind in kinds.items():
        where = {"penultimate_layer": layer, "seek_penultimate_conv_layer": False, "expand_cam": False}
        made = kind(model, clone=False)
        yield name, lambda made=made, where=where: made(score, batch, **where)
    saliency = Saliency(model, clone=False)
    yield "saliency", lambda: saliency(score, batch, normalize_map=False)
    yield "smooth_grad", lambda: saliency(score, batch, settings["samples"], 0.15)


def _xplique(model, layer, picture, class_, settings) -> Iterator[tuple[str, Callable]]:
    from xplique import attributions

    batch, target = picture[None].astype(np.float32), np.eye(model.output_shape[-1], dtype=np.float32)[[class_]]
    covers = {"patch_size": settings["patch"], "patch_stride": settings["stride"], "occlusion_value": GREY}
    kinds = {
        "grad_cam": (attributions.GradCAM, {"conv_layer": layer}),
        "grad_cam_plus_plus": (attributions.GradCAMPP, {"conv_layer": layer}),
        "saliency": (attributions.Saliency, {}),
        "gradient_times_input": (attributions.GradientInput, {}),
        "guided": (attributions.GuidedBackprop, {}),
        "deconvnet": (attributions.DeconvNet, {}),
        "smooth_grad": (attributions.SmoothGrad, {"nb_samples": settings["samples"], "batch_size": 5}),
        "integrated_gradients": (attributions.IntegratedGradients, {"steps": settings["steps"], "batch_size": 4}),
        "occlusion": (attributions.Occlusion, {**covers, "batch_size": BATCH}),
    }
    for name, (kind, options) in kinds.items():
        made = kind(model, **options)
        yield name, lambda made=made: np.asarray(made(batch, target))


def _tf_explain(model, layer, picture, class_, settings) -> Iterator[tuple[str, Callable]]:
    from tf_explain.core import grad_cam, integrated_gradients, occlusion_sensitivity, smoothgrad, vanilla_gradients

    data = (picture[None].astype(np.float32), None)
    cam, gradients = grad_cam.GradCAM(), vanilla_gradients.VanillaGradients()
    smooth, path = smoothgrad.SmoothGrad(), integrated_gradients.IntegratedGradients()
    covers = occlusion_sensitivity.OcclusionSensitivity(batch_size=BATCH)

    def weighted() -> np.ndarray:  # its `explain` also draws the map on the photo
        maps, slopes = cam.get_gradients_and_filters(model, data[0], layer, class_, use_guided_grads=False)
        return np.asarray(cam.generate_ponderated_output(maps, slopes))

    def swept() -> np.ndarray:  # its stride is its patch; this gives about as many places as the others have
        with contextlib.redirect_stdout(io.StringIO()):  # it prints a progress bar for every picture
            return covers.get_sensitivity_map(model, data[0][0], class_, settings["stride"])

    yield "grad_cam", weighted
    yield "saliency", lambda: gradients.explain_score_model(data, model, class_)
    yield "smooth_grad", lambda: smooth.explain(data, model, class_, settings["samples"])
    yield "integrated_gradients", lambda: path.explain(data, model, class_, settings["steps"])
    yield "occlusion", swept


def _lime(model, _layer, picture, class_, settings) -> Iterator[tuple[str, Callable]]:
    from lime.lime_image import LimeImageExplainer

    tf, explainer, segments = tensorflow(), LimeImageExplainer(random_state=0), settings["segments"]
    logits = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)
    options = {"top_labels": None, "hide_color": GREY, "num_samples": settings["perturbations"], "batch_size": BATCH}

    def weights() -> np.ndarray:
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
            explained = explainer.explain_instance(
                picture,
                lambda pictures: logits(tf.cast(pictures, tf.float32)).numpy(),
                labels=(class_,),
                segmentation_fn=lambda _: segments,
                **options,
            )
        heat = np.zeros(segments.shape)
        for part, weight in explained.local_exp[class_]:
            heat[segments == part] = weight
        return heat

    yield "lime", weights
