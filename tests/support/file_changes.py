"""Small changes of files: of bytes, of JSON documents, and of safetensors files."""

import json
from copy import deepcopy

import numpy as np

HOSTILE = (
    None, True, False, 0, 1, -1, 2, 7, 0.5, -0.0, 1e-300, 1e308, float("inf"), float("-inf"), float("nan"), 10**9, 2**31, 2**63,
    10**29, 10**400, "", "a", "nan", "inf", "\0", "\ud800", "é" * 300, [], {}, [[]], [None], [0], [1, 2, 3], {"a": 1},
)  # fmt: skip
DTYPES = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")


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
