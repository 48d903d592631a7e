import copy
import json
import pickle
import re

import numpy as np
import pytest

import tinynet as tn
from tinynet import files
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.lab.api import requests, sheets

LINES = tn.pictures.lines()


@pytest.fixture(scope="module")
def run():
    return tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=5))


def test_save_and_load_keep_the_recording(run, tmp_path):
    path = tmp_path / "run.safetensors"
    run.save(path)
    again = tn.load(path)
    assert again.to_bytes() == run.to_bytes() == path.read_bytes()
    assert again.examples == run.examples
    assert again.recipe == run.recipe
    assert again[7].ledger() == run[7].ledger()


def test_a_recording_keeps_the_seed_of_the_initial_parameters(run):
    again = tn.Recording.from_bytes(run.to_bytes())
    assert (run.network.seed, again.network.seed) == (0, 0)
    assert copy.deepcopy(again.network).seed == pickle.loads(pickle.dumps(again.network)).seed == 0
    assert again.final.seed is None
    later = tn.train(again.final, LINES, tn.Recipe(epochs=1))
    assert tn.Recording.from_bytes(later.to_bytes()).network.seed is None


def test_equal_experiments_give_equal_bytes(run):
    again = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=5))
    other = tn.train(tn.Network.initial(seed=1), tn.pictures.lines(), tn.Recipe(epochs=5))
    assert again.identity == run.identity != other.identity
    assert again.to_bytes() == run.to_bytes()


def test_the_file_is_a_safetensors_file(run, tmp_path):
    from safetensors import safe_open

    run.save(tmp_path / "run.safetensors")
    with safe_open(tmp_path / "run.safetensors", "numpy") as file:
        assert (file.get_tensor("parameters") == run.parameters).all()
        about = json.loads(file.metadata()["tinynet"])
    assert about["recipe"]["epochs"] == 5
    assert about["format"] == files.FORMAT


def test_a_stopped_recording_keeps_its_reason(tmp_path):
    network = tn.Network.initial(seed=0, hidden="identity", output="identity")
    run = tn.train(network, LINES, tn.Recipe(learning_rate=50.0))
    run.save(tmp_path / "run.safetensors")
    assert tn.load(tmp_path / "run.safetensors").stopped == run.stopped


@pytest.mark.parametrize("keep", [0, 4, 8, 100, 2000, -1])
def test_a_truncated_file_is_refused(run, keep):
    with pytest.raises(TinyNetError, match="damaged"):
        tn.Recording.from_bytes(run.to_bytes()[:keep], "cut.safetensors")


def test_any_flipped_byte_is_refused_or_changes_no_number(run):
    """Flip each byte; bytes in the version or in white space change no number."""
    data = run.to_bytes()
    messages = []
    for place in np.random.default_rng(0).integers(0, len(data), 300):
        bad = bytearray(data)
        bad[place] ^= 0x10
        try:
            assert tn.Recording.from_bytes(bytes(bad)).to_bytes() == data
        except TinyNetError as error:
            messages.append(str(error))
    assert len(messages) > 290
    assert all(re.search("damaged|not a|the format of|holds a", message) for message in messages)


def edited(run, **changes):
    arrays, about = files.decode("recording", run.to_bytes(), "run")
    from safetensors.numpy import save

    return save(arrays, metadata={"tinynet": json.dumps(about | changes)})


def test_a_newer_format_is_refused_with_advice_to_upgrade(run):
    with pytest.raises(
        TinyNetError, match=r"the format of .* is 4.*reads formats up to 3. Upgrade .* written by 9.0"
    ):
        tn.Recording.from_bytes(edited(run, format=4, tinynet="9.0"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "learner"}, "holds a learner, not a recording"),
        ({"recipe": {"epochs": 0}}, "epochs is 0"),
        ({"recipe": {"speed": 1}}, "no field 'speed'"),
        ({"steps": 4}, "has shape"),
        ({"seed": -1}, "seed is -1. It must be a whole number from 0 to 4,294,967,295"),
        ({"origin": "elsewhere"}, "differs from the experiment that was saved"),
        ({"architecture": None}, "does not fit"),
    ],
)
def test_a_changed_description_is_refused(run, changes, message):
    with pytest.raises(TinyNetError, match=message):
        tn.Recording.from_bytes(edited(run, **changes))


def test_files_without_a_recording_are_refused(tmp_path):
    from safetensors.numpy import save_file

    save_file({"weights": np.zeros(3)}, tmp_path / "foreign.safetensors")
    with pytest.raises(TinyNetError, match="is a safetensors file, but not a TinyNet recording"):
        tn.load(tmp_path / "foreign.safetensors")
    (tmp_path / "text").write_text("not a recording, but long enough to look like one")
    with pytest.raises(TinyNetError, match="is not a safetensors file"):
        tn.load(tmp_path / "text")
    with pytest.raises(TinyNetError, match="cannot read .*No such file"):
        tn.load(tmp_path / "missing")


def test_a_failed_write_keeps_the_existing_file(run, tmp_path, monkeypatch):
    path = tmp_path / "run.safetensors"
    run.save(path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(TinyNetError, match="cannot write .*No space left"):
        tn.train(tn.Network.initial(seed=1), LINES, tn.Recipe(epochs=1)).save(path)
    assert path.read_bytes() == run.to_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["run.safetensors"]


def test_a_missing_folder_is_named(run, tmp_path):
    with pytest.raises(TinyNetError, match="cannot write .*missing.*Choose another place"):
        run.save(tmp_path / "missing" / "run.safetensors")


def test_a_step_out_of_range_is_refused(run):
    with pytest.raises(TinyNetError, match="step is 20. It must be a whole number from 0 to 19"):
        run[20]


def test_a_recording_without_the_noise_field_opens():
    run = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=2))
    arrays, about = files.decode("recording", run.to_bytes(), "these bytes")
    del about["recipe"]["noise"]
    old = {key: value for key, value in about.items() if key not in ("format", "kind", "tinynet", "content")}
    again = tn.Recording.from_bytes(files.encode("recording", arrays, old))
    assert again.recipe == run.recipe
    assert again.identity == run.identity


SMALL = tn.Architecture((4, 2, 2))
SOFT = tn.Architecture((4, 2, 2), hidden="tanh", output="softmax")
PLAIN = tn.Architecture((4, 3, 2, 2), hidden="relu", output="identity")
HELD_OUT = tn.pictures.fuzzy_lines(7)
TRAININGS = [
    *((SMALL, LINES, {"noise": 0.2, "order": order, "batch_size": batch}) for order in ("fixed", "shuffled") for batch in (1, 3)),
    (SMALL, LINES, {"augment": True, "noise": 0.1, "batch_size": 3, "seed": 4}),
    (SMALL, LINES, {"schedule": "hold_then_decay", "label_smoothing": 0.1}),
    (SMALL, LINES, {"schedule": "cosine", "batch_size": 3, "epochs": 11}),
    (SMALL, LINES, {"loss": "bce", "momentum": 0.9, "nesterov": True, "weight_decay": 0.01, "batch_size": 3}),
    (SOFT, LINES, {"loss": "cross_entropy", "optimizer": "adam", "learning_rate": 0.1, "batch_size": 3, "label_smoothing": 0.2}),
    (SOFT, LINES, {"momentum": 0.5, "schedule": "hold_then_decay", "final_fraction": 0.3}),
    (PLAIN, LINES, {"optimizer": "adam", "weight_decay": 0.1, "schedule": "cosine"}),
    (SMALL, World(), {"learning_rate": 1.0, "schedule": "hold_then_decay", "label_smoothing": 0.1, "epochs": 2}),
    (SMALL, World(noise=0.3, doubt=0.7, labels="coin", flat=(0.2, 0.9)), {"batch_size": 3, "epochs": 2, "seed": 4}),
]  # fmt: skip


def golden_numbers():
    """Return trainings of each kind of recipe and their sheets; the page runs them too."""
    sheets: list = []
    runs = [
        golden_run(
            tn.train(
                tn.Network.initial(architecture, seed=3),
                source,
                tn.Recipe(**{"epochs": 3, "seed": 3} | changes),
                validation=HELD_OUT,
            ),
            sheets,
        )
        for architecture, source, changes in TRAININGS
    ]
    return {"examples": LINES.to_json(), "held_out": HELD_OUT.to_json(), "sheets": sheets, "runs": runs}


def golden_run(run, sheets, most=40):
    """Return the batches and states of the first steps, the final state and the curves."""
    moments = [run[step] for step in range(min(run.steps, most))]
    memory = np.hstack([run.parameters, run.state])
    return {
        "architecture": run.network.architecture.to_json(),
        "recipe": run.recipe.to_json(),
        "world": run.world and run.world.to_json(),
        "sheets": {
            batch: index_of(sheet_of(run, batch), sheets) for batch in sorted({1, run.recipe.batch_size})
        },
        "names": [moment.names for moment in moments],
        "inputs": [moment.batch.inputs.tolist() for moment in moments],
        "targets": [moment.batch.targets.tolist() for moment in moments],
        "memory": memory[:most].tolist(),
        "last": memory[-1].tolist(),
        "losses": run.losses.tolist(),
        "loss_per_epoch": run.loss_per_epoch.tolist(),
        "movement_per_epoch": run.movement_per_epoch.tolist(),
        "validation_per_epoch": run.validation_per_epoch.tolist(),
    }


def sheet_of(run, batch):
    """Return the sheet that the page requests, without the values of the settings."""
    response = sheets.sheet(requests.SheetRequest(run.network.architecture, run.recipe, batch))
    cells = {key: response["sheet"][key] for key in ("format", "batch", "cells")}
    return response | {"sheet": cells, "symbols": {}, "settings": dict.fromkeys(response["settings"], 0.0)}


def index_of(sheet, sheets):
    """Return the index of the sheet in `sheets`. Add a new sheet at the end."""
    if sheet not in sheets:
        sheets.append(sheet)
    return sheets.index(sheet)


def test_the_golden_runs_are_unchanged(check_golden):
    check_golden("runs", golden_numbers())


def test_recordings_moments_and_explanations_have_a_short_repr():
    run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    first, last = run.training_loss(0), run.training_loss()
    expected = f"<Recording of <4-3-2 network, seed 0>: 8 steps on 4 examples, training loss {first:.4g} to {last:.4g}>"
    assert repr(run) == expected
    assert repr(run.examples) == "<4 pictures of 2x2, 4 inputs each, for horizontal, vertical>"
    assert repr(run[3]) == "<Moment: step 3 on right>"
    assert repr(run[3].explain("loss")) == run[3].explain("loss").text()
