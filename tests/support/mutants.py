"""Read damaged and hostile files, in other processes, and count what happens.

`python tests/support/mutants.py 10000` tries 10,000 mutants of each file, and prints a table. A mutant is a file with
one to three changes. Its number decides the changes. `python tests/support/mutants.py show NAME NUMBER` reads one
mutant again in this process and shows its traceback.

Outcomes:
refused : the reader raised TinyNetError, or computes the results again.
same : the reader gave what it gives for the original file.
other : the reader gave something else that is valid.
raw : the reader, or the replay of the recording, raised another exception.
crash : the process died.
"""

import base64
import json
import random
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

FOLDER = str(Path(__file__).parent)
OUTCOMES = ("refused", "same", "other", "raw", "crash")
HOSTILE = (
    None, True, False, 0, 1, -1, 2, 7, 0.5, -0.0, 1e-300, 1e308, float("inf"), float("-inf"), float("nan"), 10**9, 2**31, 2**63,
    10**29, 10**400, "", "a", "nan", "inf", "\0", "\ud800", "é" * 300, [], {}, [[]], [None], [0], [1, 2, 3], {"a": 1},
)  # fmt: skip
DTYPES = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")


# --- changes ---------------------------------------------------------------------------------------------------------


def changed_bytes(rng, data):
    """Change, cut, repeat or insert bytes."""
    place = rng.randrange(len(data) + 1)
    match rng.randrange(6):
        case 0 | 1 | 2:
            changed = bytearray(data)
            for _ in range(rng.choice((1, 1, 2, 8))):
                changed[rng.randrange(len(data))] = rng.randrange(256)
            return bytes(changed)
        case 3:
            return data[:place]
        case 4:
            return data[:place] + data[place + rng.choice((1, 4, 8, 64)) :]
        case _:
            return data[:place] + rng.randbytes(rng.choice((1, 8, 64))) + data[place:]


def places(tree):
    """Yield every (container, key) of a tree of JSON values."""
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from places(tree[key])


def changed_tree(rng, tree):
    """Change one to three values of a tree of JSON values."""
    tree = json.loads(json.dumps(tree))
    for _ in range(rng.choice((1, 1, 2, 3))):
        found = list(places(tree))
        if not found:
            return deepcopy(rng.choice(HOSTILE))
        container, key = rng.choice(found)
        match rng.randrange(12):
            case 0:
                del container[key]
            case 1:
                other, name = rng.choice(found)
                if name in other if isinstance(other, dict) else name < len(other):
                    container[key] = json.loads(json.dumps(other[name]))
            case 2:
                container[key] = [container[key]]
            case 3 if isinstance(container, dict):
                container[rng.choice(("extra", "a", ""))] = container.pop(key)
            case 3 | 4 if isinstance(container, list):
                container.insert(key, container[key])
            case 5 if isinstance(container[key], str):
                container[key] = container[key][:-1] or "x"
            case 6:
                container[key] = deep(rng.choice((20, 400)))
            case 7 if type(container[key]) in (int, float):
                container[key] = -container[key] if rng.random() < 0.5 else container[key] * 10**9
            case _:
                container[key] = deepcopy(rng.choice(HOSTILE))
    return tree


def deep(depth):
    """Return lists in lists."""
    tree = []
    for _ in range(depth):
        tree = [tree]
    return tree


def changed_json(rng, text):
    """Change the values or the characters of a JSON document."""
    if rng.random() < 0.2:
        return changed_bytes(rng, text)
    if rng.random() < 0.02:
        return b"[" * 100_000
    return json.dumps(changed_tree(rng, json.loads(text))).encode()


def changed_header(rng, data):
    """Change the header of a safetensors file, or TinyNet's description in the header."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    about = header.get("__metadata__", {}).get("tinynet")
    if about is not None and rng.random() < 0.6:
        header["__metadata__"]["tinynet"] = json.dumps(changed_tree(rng, json.loads(about)))
    else:
        header = changed_tree(rng, header)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def changed_arrays(rng, data):
    """Change the arrays or the description of a recording, and make both hashes right."""
    from safetensors.numpy import save

    from tinynet import files

    arrays, about = files.decode("recording", data, "the file")
    if rng.random() < 0.4:
        about = changed_tree(rng, about)
    else:
        for _ in range(rng.choice((1, 1, 2))):
            name = rng.choice(sorted(arrays))
            arrays = {k: v for k, v in arrays.items() if k != name} | changed_array(rng, name, arrays[name])
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    if isinstance(about, dict):
        about |= {"content": files._hash(arrays)} | right_identity(arrays, about)
    return save(arrays, metadata={files.KEY: json.dumps(about)})


def changed_array(rng, name, array):
    """Change the type, the shape, the values or the name of an array."""
    flat = array.ravel()
    with np.errstate(all="ignore"):
        match rng.randrange(10):
            case 0 | 1:
                return {name: array.astype(rng.choice(DTYPES))}
            case 2:
                return {name: array[: rng.randrange(len(array) + 1)] if array.ndim else array}
            case 3:
                return {name: np.concatenate([array, array[:1]]) if array.ndim else flat}
            case 4:
                return {name: rng.choice((flat, array.T, array[None], np.zeros(0), np.array(1.0), flat[:1]))}
            case 5 | 6 if flat.size:
                worst = (
                    (-1, -2, 2**62, 10**6)
                    if array.dtype.kind == "i"
                    else (np.nan, np.inf, -np.inf, 1e300, -1e300)
                )
                changed = flat.copy()
                changed[[rng.randrange(flat.size) for _ in range(rng.choice((1, flat.size)))]] = rng.choice(
                    worst
                )
                return {name: changed.reshape(array.shape)}
            case 7:
                return {}
            case 8:
                return {
                    rng.choice(
                        ("extra", "network", "steps", "world", "examples.inputs", "rates", "sample_weights")
                    ): array
                }
            case _:
                return {name: np.frombuffer(rng.randbytes(array.nbytes), array.dtype).reshape(array.shape)}


def right_identity(arrays, about):
    """Return the identity of a changed experiment, if the experiment can be described."""
    from tinynet import Architecture, Examples, Recipe
    from tinynet.training import identity

    try:
        names = ("architecture", "origin", "examples", "recipe", "world", "validation")
        experiment = {name: about[name] for name in names if name in about}
        experiment["recipe"] = Recipe.from_json(about["recipe"]).to_json()
        experiment["architecture"] = Architecture.from_json(about["architecture"]).to_json()
        for part in identity.PARTS:
            if part in about:
                experiment[part] = Examples.from_json(about[part])
        return {"identity": identity.identity(experiment, np.asarray(arrays["parameters"][0], float))}
    except Exception:  # the reader will refuse the description
        return {}


# --- files and their readers -----------------------------------------------------------------------------------------


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


# --- counting --------------------------------------------------------------------------------------------------------


def mutant(name, number):
    """Return an original file and its mutant."""
    choose, change, _ = READERS[name]
    rng = random.Random(f"{name} {number}")
    data = choose(rng)
    try:
        return data, change(rng, data)
    except (RecursionError, OverflowError):  # the changed values cannot be written
        return data, data[: len(data) // 2]


def outcome(name, number):
    """Read one mutant. Return the outcome, and the error of a raw exception."""
    from tinynet.errors import TinyNetError

    data, changed = mutant(name, number)
    try:
        found = READERS[name][2](changed)
    except TinyNetError:
        return "refused", ""
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return "raw", f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"[:300]
    return ("same" if found == expected(name, data) else "other"), ""


@cache
def expected(name, data):
    """Return what the reader gives for the original file."""
    return READERS[name][2](data)


def work(first, mutants, names):
    """Read the mutants of each file, from the mutant `first` of all. Print a line before and after each."""
    warnings.simplefilter("ignore")
    for place in range(first, mutants * len(names)):
        print(json.dumps([place]), flush=True)
        with np.errstate(all="ignore"):
            print(json.dumps([place, *outcome(names[place // mutants], place % mutants)]), flush=True)


def count(mutants, names=tuple(READERS)):
    """Read mutants in another process, and in a new process after each crash.

    Return the outcomes of each file, and a line for each raw exception and crash.
    """
    found, faults, first = {name: Counter() for name in names}, [], 0
    while first < mutants * len(names):
        command = [sys.executable, __file__, "work", str(first), str(mutants), *names]
        ended = subprocess.run(command, capture_output=True, text=True)
        lines = [json.loads(line) for line in ended.stdout.splitlines()]
        for place, *result in lines:
            if result:
                found[names[place // mutants]][result[0]] += 1
                faults += [f"{names[place // mutants]} {place % mutants}: {result[1]}"] * (result[0] == "raw")
        if ended.returncode == 0:
            break
        if not lines or len(lines[-1]) > 1:
            raise RuntimeError(f"the process ended with code {ended.returncode}: {ended.stderr[-2000:]}")
        (place,) = lines[-1]
        found[names[place // mutants]]["crash"] += 1
        faults.append(f"{names[place // mutants]} {place % mutants}: crash with code {ended.returncode}")
        first = place + 1
    return found, faults


def main(mutants, names):
    print(f"| {mutants:,} mutants of | " + " | ".join(OUTCOMES) + " |\n|" + " --- |" * (len(OUTCOMES) + 1))
    for name in names:
        found, faults = count(mutants, (name,))
        print(f"| {name} | " + " | ".join(f"{found[name][each]:,}" for each in OUTCOMES) + " |", flush=True)
        for fault in faults[:20]:
            print("   ", fault, file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[1] == "work":
        work(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    elif sys.argv[1] == "show":
        print(READERS[sys.argv[2]][2](mutant(sys.argv[2], int(sys.argv[3]))[1]))
    else:
        main(int(sys.argv[1]), sys.argv[2:] or READERS)
