"""The readers of files that mutants are tried on: how each file is made, changed and read."""

import base64
import json
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from file_changes import changed_arrays, changed_bytes, changed_header, changed_json


@cache
def recordings():
    """Return recordings with all or some steps, with a validation set, of a world, and of PyTorch."""
    import golden
    import tinynet as tn

    lines, network = tn.pictures.lines(), tn.Network.initial((4, 3, 2), seed=0)
    adam = tn.Recipe(epochs=5, optimizer="adam", learning_rate=0.01, order="shuffled")
    momentum = tn.Recipe(epochs=6, batch_size=3, momentum=0.9, noise=0.1)
    return (
        tn.train(network, lines, adam, kept=6),
        tn.train(network, lines, momentum, kept=4, validation=lines),
        tn.train(network, tn.World(), tn.Recipe(epochs=1), kept=10),
        tn.train(network, lines, tn.Recipe(epochs=3)),
        tn.train(network, lines, tn.Recipe(epochs=5), kept=6, sample_weights=np.array([1.0, 2.0, 0.5, 0.5])),
        *(tn.Recording.from_bytes(base64.b64decode(kept["bytes"])) for kept in golden.read("watched")),
    )


def recording_files(rng):
    return rng.choice(recordings()).to_bytes()


def read_recording(data):
    from tinynet import Recording

    run = Recording.from_bytes(data, "the file")
    replay(run)
    return run.to_bytes()


def replay(run):
    """Compute every step again, explain cells, and train on from a step."""
    from tinynet import train

    repr(run), run.identity, run.best, run.final
    for step in range(0, run.steps, max(1, run.steps // 12)):
        moment = run[step]
        assert set(moment.values) >= {"loss", *run.network.architecture.parameter_names}
        str(moment.explain("loss"))
        str(moment.explain(run.network.architecture.parameter_names[-1]))
    if run.steps and run.recipe.external == []:
        source = run.source
        train(run[run.steps // 2].network, source, replace(run.recipe, epochs=1, patience=0))


def recording_documents(rng):
    from tinynet.exports.recording_json import recording_json

    return json.dumps(recording_json(rng.choice(recordings()))).encode()


def read_recording_document(data):
    from tinynet.exports.recording_json import recording_from_json
    from tinynet.formats.json_documents import parsed

    run = recording_from_json(parsed(data, "the file"), "the file")
    replay(run)
    return run.to_bytes()


@cache
def network_file(extension):
    import tinynet as tn
    from tinynet.formats import model_files, tensors

    network = tn.Network.initial((4, 3, 2), seed=0, hidden="tanh")
    if extension == "foreign":
        from safetensors.numpy import save

        return save(tensors.named_arrays(network), metadata={"format": "pt"})
    return model_files.WRITERS[extension](network)


def reader_of_networks(extension):
    def read(data):
        from tinynet.formats import model_files

        if extension in model_files.WITH_ACTIVATIONS:
            network = model_files.WITH_ACTIVATIONS[extension](data, "the file", Path())
        else:
            network = model_files.WITHOUT_ACTIVATIONS[extension](data, "the file", None, None)
        return network.architecture, network.parameters.tobytes(), network.origin

    return read


@cache
def sheet_document():
    import tinynet as tn

    recipe = tn.Recipe(optimizer="adam", loss="cross_entropy")
    return json.dumps(tn.Sheet.of(tn.Architecture((2, 2, 2), output="softmax"), recipe).to_json()).encode()


def read_sheet(data):
    from tinynet import Sheet
    from tinynet.files import parse_json

    sheet = Sheet.from_json(refused_if_no_json(parse_json, data))
    sheet.evaluate({cell.name: 0.5 for cell in sheet.cells.values() if cell.formula is None})
    return json.dumps(sheet.to_json(), sort_keys=True)


def read_recipes(data):
    from tinynet.data import pictures
    from tinynet.experiments.trials import trials_from_records
    from tinynet.files import parse_json

    return list(map(str, trials_from_records(refused_if_no_json(parse_json, data), pictures.lines())))


def refused_if_no_json(parse, data):
    from tinynet.errors import TinyNetError

    try:
        return parse(data)
    except ValueError as error:
        raise TinyNetError(str(error)) from error


def recipes_document(rng):
    records = [
        {"learning_rate": 0.1, "epochs": 10, "hidden": [4, 4]}, {"optimizer": "adam", "hidden": "3x2"},
        {"hidden": 3, "loss": "bce", "momentum": 0.9, "nesterov": True, "schedule": "cosine"},
    ]  # fmt: skip
    return json.dumps(records).encode()


@cache
def stored_shard():
    """Return a store, a shard and the bytes of the shard's file."""
    import tinynet as tn
    from tinynet.experiments.plan import plan_sweep
    from tinynet.experiments.store import Store, shard_path

    folder = Path(tempfile.mkdtemp())
    trials = tn.grid(learning_rate=[5.0], epochs=[2, 5])
    tn.sweep(trials, 64, out=folder, workers=1)
    shard = next(plan_sweep(trials, 64).shards())
    path = shard_path(folder, shard)
    return Store(folder), shard, path, path.read_bytes()


def read_shard(data):
    store, shard, path, _ = stored_shard()
    path.write_bytes(data)
    return computed_again(store.read(shard))


@cache
def stored_rung():
    """Return a ladder, its folder and the bytes of a rung's file."""
    from tinynet.evaluation.exam import Exam
    from tinynet.experiments.ladder import Ladder

    folder = Path(tempfile.mkdtemp())
    ladder = Ladder(16, exam=Exam(count=200), folder=folder)
    ladder.standing("notebook")
    (path,) = folder.glob("notebook-*.json")
    return ladder, path, path.read_bytes()


def read_rung(data):
    ladder, path, _ = stored_rung()
    path.write_bytes(data)
    return computed_again(ladder._read("notebook"))


def computed_again(found):
    from tinynet.errors import TinyNetError

    if found is None:
        raise TinyNetError("the results are computed again")
    return found


READERS = {  # name: how a file is chosen, how it is changed, how it is read
    "recording, bytes": (recording_files, changed_bytes, read_recording),
    "recording, header": (recording_files, changed_header, read_recording),
    "recording, hashes made right": (recording_files, changed_arrays, read_recording),
    "recording as JSON": (recording_documents, changed_json, read_recording_document),
    "network, safetensors": (lambda rng: network_file(".safetensors"), changed_header, reader_of_networks(".safetensors")),
    "network, bytes": (lambda rng: network_file(".safetensors"), changed_bytes, reader_of_networks(".safetensors")),
    "network, foreign": (lambda rng: network_file("foreign"), changed_header, reader_of_networks(".safetensors")),
    "network, JSON": (lambda rng: network_file(".json"), changed_json, reader_of_networks(".json")),
    "network, .pt": (lambda rng: network_file(".pt"), changed_bytes, reader_of_networks(".pt")),
    "sheet": (lambda rng: sheet_document(), changed_json, read_sheet),
    "recipes of a sweep": (recipes_document, changed_json, read_recipes),
    "shard of a sweep": (lambda rng: stored_shard()[3], changed_bytes, read_shard),
    "rung of the ladder": (lambda rng: stored_rung()[2], changed_json, read_rung),
}  # fmt: skip
