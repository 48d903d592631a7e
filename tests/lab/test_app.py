"""Test the server over a real connection."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import numpy as np
import pytest

import golden
import laboratory
import tinynet as tn
from tinynet.core.explain import title
from tinynet.core.notation import mathml_symbol, text_symbol
from tinynet.core.sheet import Sheet
from tinynet.data.world import World
from tinynet.evaluation import calibration
from tinynet.evaluation.bayes import posterior
from tinynet.evaluation.exam import Exam
from tinynet.experiments.ladder import RUNG, Ladder, Standing
from tinynet.lab.api import learner
from tinynet.lab.api import population as population_api
from tinynet.lab.http import jobs, middleware, network
from tinynet.lab.http.app import create_app
from tinynet.story.chapters import confidence
from tinynet.story.rung_effects import sentence

PLAIN = {"sizes": [4, 3, 2]}
LINES = tn.pictures.lines()
EXPERIMENT = {"architecture": PLAIN, "recipe": {}, "examples": LINES.to_json()}
POPULATION = EXPERIMENT | {"inputs": [0.5] * 4, "networks": 500}
ENDLESS = POPULATION | {"networks": 1_000_000, "recipe": {"epochs": 10_000}}  # nearly the maximum


@pytest.fixture(scope="module")
def client():
    with laboratory.running_server() as address, httpx.Client(base_url=address, timeout=600) as found:
        yield found


def ask(client, path, body):
    response = client.post(f"api/{path}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def json_lines(response):
    return [json.loads(line) for line in response.text.splitlines()]


def test_a_sheet_has_labels_for_its_cells(client):
    recipe = tn.Recipe(optimizer="adam")
    response = ask(client, "sheet", {"architecture": PLAIN, "recipe": recipe.to_json(), "batch": 2})
    sheet = Sheet.of(tn.Architecture(), recipe, 2)
    assert response["sheet"] == sheet.to_json()
    places = ["{0}", "{1}", "{2}", "{3}"]  # the page replaces them by the names of the inputs
    for name, written in response["symbols"].items():
        assert written == [mathml_symbol(name), text_symbol(name), title(sheet, name, places)]
    assert set(response["state"]) | set(response["settings"]) < set(sheet.cells)
    assert all(f"{name}.after" in sheet.cells for name in [*response["state"], *response["parameters"]])


@pytest.mark.parametrize("sizes", [(4, 3, 2), (9, 5, 4, 2)])
def test_initial_parameters_equal_the_library(client, sizes):
    response = ask(
        client, "initial_parameters", {"architecture": {"sizes": sizes}, "first_seed": 2**32 - 3, "count": 3}
    )
    for seed, parameters in zip(range(2**32 - 3, 2**32), response["initial_parameters"], strict=True):
        assert parameters == tn.Network.initial(sizes, seed=seed).parameters.tolist()


def test_the_built_in_pictures_equal_the_library(client):
    sets = client.get("api/pictures/2").json()["sets"]
    assert sets["world"] == tn.pictures.binary().to_json()
    assert sets["stress"] == tn.pictures.stress().to_json()
    assert client.get("api/pictures/3").json()["sets"] == {"lines": tn.pictures.lines(3).to_json()}


def test_a_recording_has_the_bytes_of_the_library(client):
    response = client.post("api/recording", json=EXPERIMENT | {"seed": 3, "recipe": {"seed": 3}})
    run = tn.train(tn.Network.initial(seed=3), LINES, tn.Recipe(seed=3))
    assert response.content == run.to_bytes()
    assert response.headers["etag"] == f'"{run.identity}"'


def test_a_recording_starts_from_given_parameters(client):
    network = tn.Network.initial(seed=1).with_parameter("layer1.bias[0]", 2.5)
    given = {"parameters": network.parameters.tolist(), "origin": network.origin}
    response = client.post("api/recording", json=EXPERIMENT | given)
    assert response.content == tn.train(network, LINES).to_bytes()


def test_a_population_agrees_with_the_library(client):
    lines = json_lines(client.post("api/population", json=POPULATION | {"recipe": {"learning_rate": 5}}))
    trained = tn.population(tn.Recipe(learning_rate=5.0), 500)
    gaps = trained.margins(np.full((1, 4), 0.5))[:, 0]
    found = lines[-1]["result"]
    assert found["verdicts"]["all_right"]["count"] == trained.all_right.sum()
    assert found["verdicts"]["first_class"]["count"] == (gaps > 0).sum()
    assert found["verdicts"]["learned_first_class"]["n"] == trained.all_right.sum()
    edges, counts, seeds = (found["histogram"][key] for key in ("edges", "counts", "seeds"))
    assert sum(counts) == 500
    for k, members in enumerate(seeds):
        assert len(members) == min(counts[k], population_api.SEEDS_PER_BIN)
        assert all(edges[k] <= gaps[seed] <= edges[k + 1] for seed in members)
    done = [line["done"] for line in lines[:-1]]
    assert done == sorted(done)


def test_a_population_is_cancelled_if_the_client_disconnects(client):
    for first in range(jobs.RUNNING + 3):  # different requests, so that they do not share a job
        with client.stream("POST", "api/population", json=ENDLESS | {"first_seed": first}) as response:
            next(response.iter_lines())
    assert "result" in json_lines(client.post("api/population", json=POPULATION))[-1]


def test_too_many_jobs_are_refused_without_blocking_short_requests():
    app = create_app()
    app.state.workers = jobs.Workers(waiting=4)
    with laboratory.running_server(app=app) as address, httpx.Client(base_url=address, timeout=600) as client:
        running = [
            client.send(
                client.build_request("POST", "api/population", json=ENDLESS | {"first_seed": k}), stream=True
            )
            for k in range(jobs.RUNNING + 4)
        ]
        try:
            refused = client.post("api/population", json=POPULATION)
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert "Try again" in refused.json()["error"]
            ask(client, "sheet", {"architecture": PLAIN, "recipe": {}})
            assert client.post("api/recording", json=EXPERIMENT).status_code == 200
        finally:
            for response in running:
                response.close()
        assert "result" in json_lines(patiently(client, POPULATION))[-1]


def patiently(client, question):
    for _ in range(100):
        response = client.post("api/population", json=question)
        if response.status_code != 503:
            return response
        time.sleep(0.2)
    raise AssertionError("the workers never became free")


WORLD = tn.World(noise=0.1, labels="coin")


def test_a_recording_and_a_population_of_a_world_equal_the_library(client):
    body = EXPERIMENT | {"world": WORLD.to_json(), "recipe": {"epochs": 2, "seed": 7}, "seed": 7}
    run = tn.train(tn.Network.initial(seed=7), WORLD, tn.Recipe(epochs=2, seed=7))
    assert client.post("api/recording", json=body).content == run.to_bytes()
    found = json_lines(
        client.post(
            "api/population", json=POPULATION | {"world": WORLD.to_json(), "recipe": {"learning_rate": 1}}
        )
    )[-1]
    trained = tn.population(tn.Recipe(learning_rate=1.0), 500, examples=WORLD)
    assert found["result"]["verdicts"]["all_right"]["count"] == trained.all_right.sum()


def test_the_results_of_the_memorizer_and_the_learner_equal_the_library(client):
    response = client.get("api/learner").json()
    inputs, _, rows = World().draw(np.arange(response["pictures"]), seed=0)
    outcomes = World().patterns.targets[rows, 0]
    for k, key in enumerate(["memorizer", "learner"]):
        network, bins = learner.network_of(key), response["reliability"][key]
        assert response["networks"][key]["parameters"] == network.parameters.tolist()
        assert (
            Sheet.from_json(response["networks"][key]["sheet"]).cells == Sheet.of(network.architecture).cells
        )
        found = calibration.reliability(calibration.probability(network(inputs)), outcomes)
        assert bins["count"] == found.count.tolist()
        assert bins["intervals"] == found.intervals.tolist()
        assert [share for share in bins["observed"] if share is not None] == found.observed[
            found.count > 0
        ].tolist()
        assert bins["ece"] == found.ece
        passed = Exam().evaluate(network).met[0].tolist()
        assert [row["met"][k] for row in response["requirements"]] == passed
    assert [all(row["met"][k] for row in response["requirements"]) for k in (0, 1)] == [False, True]
    assert [rung["key"] for rung in response["rungs"]] == list(RUNG)


def test_a_rung_equals_the_ladder(client):
    response = json_lines(client.post("api/rung", json={"key": "high_rate", "networks": 64}))[-1]["result"]
    ladder = Ladder(64, exam=Exam(count=confidence.EXAM_PICTURES))
    found = ladder.standing("high_rate")
    assert Standing.from_json(response["standing"]) == found
    assert response["sentence"] == sentence(ladder, "high_rate")
    assert response["failing_clean_lines"]["count"] == found.n_failing_clean_lines
    assert response["requirements"][0]["sentence"].startswith(
        f"{found.met[0]} of 64 networks meet requirement 1, clean lines"
    )


def test_bayes_optimal_outputs_equal_the_posterior(client):
    shown = [[0.9, 0.8, 0.3, 0.1], [0.5, 0.5, 0.5, 0.5]]
    response = ask(client, "bayes", {"pictures": shown, "world": WORLD.to_json()})
    assert response["outputs"] == posterior(WORLD, shown).tolist()


@pytest.mark.torch
def test_pytorch_checks_a_step(client):
    network = tn.Network.initial(seed=9)
    response = ask(client, "check", EXPERIMENT | {"seed": 9})["cells"]
    values = tn.nudge(network, LINES).values
    assert len(response) == 24
    assert all(values[name] == pytest.approx(value, abs=1e-15) for name, value in response.items())


def test_without_pytorch_the_error_has_the_install_command(client, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    response = client.post("api/check", json=EXPERIMENT)
    assert response.status_code == 501
    assert 'pip install "tinynet-lab[torch]"' in response.json()["error"]


def test_a_chapter_has_figures_and_an_answer(client):
    response = json_lines(client.post("api/story", json={"chapter": "look", "networks": 10}))[-1]["result"]
    heads = {head["key"]: head for head in client.get("api/about").json()["chapters"]}
    assert len(heads) == 10
    assert heads["look"]["options"][response["answer"]] == "two"
    assert any(part["kind"] == "figure" and part["svg"].startswith("<svg") for part in response["parts"])


def examples_with(**changes):
    return EXPERIMENT | {"examples": LINES.to_json() | changes}


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("sheet", {"architecture": PLAIN, "recipe": {"rate": 1}}, "no field 'rate'"),
        ("sheet", {"architecture": PLAIN, "recipe": {"learning_rate": -3}}, "learning_rate is -3. It must be a number above 0"),
        ("sheet", {"architecture": {"sizes": [4, 900, 2]}, "recipe": {}}, "sizes (4, 900, 2) give 6,302 parameters. The page shows networks of up to 2,000"),
        ("sheet", {"architecture": {"sizes": [4, 3, 2], "depth": 3}, "recipe": {}}, "no field 'depth'"),
        ("sheet", {"recipe": {}}, "the request has no field 'architecture'. Add the field."),
        ("sheet", {"architecture": PLAIN, "recipe": {}, "batch": 1000}, "batch is 1,000. It must be a whole number from 1 to 256."),
        ("sheet", {"architecture": PLAIN, "recipe": {"loss": "cross_entropy"}}, "Set output to 'softmax'."),
        ("initial_parameters", {"architecture": PLAIN, "count": 10_000}, "1 to 256"),
        ("recording", EXPERIMENT | {"recipe": {"epochs": 1_000_000}}, "Use fewer epochs."),
        ("recording", EXPERIMENT | {"architecture": {"sizes": [9, 3, 2]}}, "sizes is (9, 3, 2) and the examples have 4 inputs and 2 targets each. The first size must be 4 and the last size 2."),
        ("recording", EXPERIMENT | {"recipe": {"patience": 3}}, "patience is 3. The laboratory has no validation examples for early stopping. Set patience to 0."),
        ("sheet", {"architecture": PLAIN, "recipe": {"patience": 3}}, "patience is 3. The laboratory has no validation examples"),
        ("recording", examples_with(inputs=[[1], [1, 2]], targets=[[1, 0], [1, 0]], names=["a", "b"]), "inputs has 1 numbers in row 0 and 2 in row 1. All rows must have equal lengths."),
        ("check", examples_with(targets=[[1, 0], [1]]), "targets has 2 numbers in row 0 and 1 in row 1."),
        ("recording", examples_with(scaling={"x": 1}), "the request has no field 'examples.scaling.columns'. Add the field."),
        ("check", examples_with(scaling={"columns": "x", "low": "x", "high": None}), "the field 'examples.scaling.columns' of the request is invalid. It must be a list."),
        ("recording", examples_with(scaling={"columns": ["a", "b"], "low": ["x", "y"], "high": [1, 1]}), "the field 'examples.scaling.low.0' of the request is invalid. It must be a number."),
        ("recording", examples_with(target_scaling={"columns": ["a", "b"], "low": [None, 0], "high": [1, 1]}), "the field 'examples.target_scaling.low.0' of the request is invalid. It must be a number."),
        ("recording", EXPERIMENT | {"parameters": [1.0]}, "parameters"),
        ("recording", EXPERIMENT | {"world": {"colour": 1}}, "a world has no field 'colour'"),
        ("recording", EXPERIMENT | {"world": {}, "recipe": {"noise": 0.1}}, "the examples are drawn from a world"),
        ("sheet", {"architecture": PLAIN, "recipe": {}, "garbage": 1}, "the request has a field 'garbage', which is unknown"),
        ("sheet", {"architecture": PLAIN, "recipe": {}, "batch": "x"}, "the field 'batch' of the request is invalid. It must be a whole number."),
        ("sheet", {"architecture": PLAIN, "recipe": {"loss": "given"}}, "loss is 'given'. It must be one of"),  # a value in files of earlier versions
        ("sheet", {"architecture": PLAIN | {"start": "xavier"}, "recipe": {}}, "no field 'start'"),
        ("initial_parameters", {"architecture": PLAIN, "first_seed": -1}, "first_seed is -1. It must be a whole number from 0"),
        ("initial_parameters", {"architecture": PLAIN, "first_seed": 2**32 - 1, "count": 5}, "first_seed is 4,294,967,295. It must be a whole number from 0 to 4,294,967,291."),
        ("bayes", {"pictures": []}, "pictures has 0 pictures. It must have 1 to 5,000."),
        ("bayes", {"pictures": [[0.5]]}, "Each picture must have 4 pixels."),
        ("bayes", {"pictures": [[0, 0, 0, 0], [0, 0, 2, 0]]}, "pictures[1][2] is 2. It must be a number from 0 to 1."),
        ("bayes", {"pictures": [[0, 0, 0, 0]], "world": {"noise": 0}}, "noise is 0"),
    ],
)  # fmt: skip
def test_an_invalid_request_has_status_400_and_a_message(client, path, body, message):
    response = client.post(f"api/{path}", json=body)
    assert response.status_code == 400
    assert message in response.json()["error"]
    names = {parameter.split("[")[0] for parameter in response.json()["parameters"]}
    assert names <= set(golden.read("request_parameters"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "the body of the request is not JSON. Send a JSON object."),
        (b"\xff", "the body of the request is not JSON. Send a JSON object."),
        (b"", "the request has no body. Send a JSON object."),
        (b"[]", "the request is invalid. It must be an object."),
    ],
)
def test_a_body_that_is_not_a_json_object_is_an_error(client, body, message):
    response = client.post("api/sheet", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["error"] == message


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "api/nothing", 404),
        ("POST", "api/nothing", 404),
        ("DELETE", "api/sheet", 405),
        ("HEAD", "api/about", 405),
        ("GET", "api/sheet", 405),
        ("POST", "", 405),
    ],
)
def test_an_unknown_path_or_method_is_an_error(client, method, path, status):
    response = client.request(method, path)
    assert response.status_code == status
    if status == 405:
        assert "GET" in response.headers["allow"] or "POST" in response.headers["allow"]
    expected = f"the laboratory has no {method} /{path}. The requests are listed in /api/openapi.json."
    assert method == "HEAD" or response.json() == {"error": expected}


def test_a_picture_size_out_of_range_is_an_error(client):
    response = client.get("api/pictures/0")
    assert response.status_code == 400
    assert response.json()["error"] == "grid is 0. It must be a whole number from 2 to 8."


def test_an_error_lists_its_parameters_for_the_labels_of_the_page(client):
    body = {"architecture": PLAIN, "recipe": {"loss": "cross_entropy"}}
    response = client.post("api/sheet", json=body).json()
    assert response["parameters"] == ["loss", "output"]
    assert response["template"].startswith("\0loss\0 is 'cross_entropy' and \0output\0 is 'sigmoid'.")
    assert response["error"].startswith("loss is 'cross_entropy' and output is 'sigmoid'.")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"networks": 2_000_000}, "1 to 1,000,000"),
        ({"inputs": [0.5]}, "inputs has 1 number. It must have 4, one for each input."),
        (
            {"networks": 1_000_000, "recipe": {"epochs": 1_000_000}},
            "times the work that the page allows. Use fewer seeds or epochs",
        ),
    ],
)
def test_a_population_request_out_of_range_is_an_error(client, change, message):
    assert message in json_lines(client.post("api/population", json=POPULATION | change))[-1]["error"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"key": "top"}, "key is 'top'. It must be one of 'notebook'"),
        (
            {"key": "high_rate", "networks": 5000},
            "networks is 5,000. It must be a whole number from 1 to 2,048.",
        ),
    ],
)
def test_a_rung_request_out_of_range_is_an_error(client, body, message):
    assert message in json_lines(client.post("api/rung", json=body))[-1]["error"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chapter": "end"}, "chapter is 'end'. It must be one of 'look', 'nudge', 'train'"),
        ({"networks": 0}, "networks is 0. It must be a whole number from 1 to 100,000."),
        ({"seed": -1}, "seed is -1. It must be a whole number from 0"),
        ({"architecture": {"sizes": [9, 3, 2]}}, "The first size must be 4 and the last size 2."),
    ],
)
def test_a_chapter_request_out_of_range_is_an_error(client, change, message):
    response = client.post("api/story", json={"chapter": "look", "networks": 10} | change)
    assert message in json_lines(response)[-1]["error"]


def test_large_bodies_are_refused(client):
    large = b" " * (middleware.MAX_BODY + 1)
    assert client.post("api/sheet", content=large).status_code == 413
    chunks = (large[k : k + 100_000] for k in range(0, len(large), 100_000))
    assert client.post("api/sheet", content=chunks).status_code == 413


def test_requests_from_unknown_hosts_and_foreign_pages_are_refused(client):
    assert client.get("api/about", headers={"Host": "evil.example"}).status_code == 403
    assert (
        client.post(
            "api/initial_parameters", json={"architecture": PLAIN}, headers={"Origin": "http://evil.example"}
        ).status_code
        == 403
    )
    own = str(client.base_url).rstrip("/")
    assert (
        client.post(
            "api/initial_parameters", json={"architecture": PLAIN}, headers={"Origin": own}
        ).status_code
        == 200
    )


@pytest.mark.parametrize("path", ["", "api/about", "api/nothing"])
def test_every_response_has_the_security_headers(client, path):
    headers = client.get(path).headers
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"


def test_openapi_lists_every_route(client):
    paths = client.get("api/openapi.json").json()["paths"]
    names = ["about", "bayes", "check", "columns", "learner", "pictures/{grid}", "population", "recording", "rung", "sheet",
             "initial_parameters", "story", "table"]  # fmt: skip
    assert sorted(paths) == sorted(f"/api/{name}" for name in names)


def test_a_busy_port_is_replaced_by_the_next_free_port():
    first = network.free_port("127.0.0.1", 18765)
    second = network.free_port("127.0.0.1", 18765)
    with first, second:
        assert second.getsockname()[1] > first.getsockname()[1] >= 18765


def test_a_host_of_another_machine_is_an_error():
    with pytest.raises(tn.TinyNetError, match="host is 203.0.113.1. The server cannot listen there"):
        network.free_port("203.0.113.1", 0)


def test_an_empty_host_is_an_error():
    with pytest.raises(tn.TinyNetError, match="host is empty. It must be an address of this machine."):
        network.free_port("", 0)


@contextmanager
def lab_command(*options):
    """Run `tinynet lab`, yield its first two lines, and press Ctrl-C."""
    command = [
        sys.executable,
        "-u",
        "-c",
        "from tinynet.cli import main; main()",
        "lab",
        "--port",
        "0",
        *options,
    ]
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        yield process.stdout
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_the_lab_command_serves_until_ctrl_c():
    with lab_command() as output:
        address = output.readline().split()[2]
        assert "token" not in address
        assert httpx.get(f"{address}api/about", timeout=600).json()["version"] == tn.__version__


def test_the_lab_command_prints_an_address_with_a_token_for_other_machines():
    with lab_command("--host", "0.0.0.0") as output:
        shared, own = output.readline().split()[2], output.readline().split()[3]
        place, token = own.split("?token=")
        assert shared.endswith(f"?token={token}")
        assert "0.0.0.0" not in shared
        assert httpx.get(own, timeout=600).status_code == 200
        assert httpx.get(f"{place}api/about", timeout=600).status_code == 401
        assert httpx.get(f"{place}api/about?token={token}", timeout=600).status_code == 200
