"""Shards in the form of an earlier version.

The earlier version stored shards in the folder `blocks`, under other names, with the same counts.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from tinynet.experiments.shards import Shard
from tinynet.training.identity import FIRST_VALUES, first_names

FOLDER = "blocks"
FORMAT = 2
COLUMNS = {"epochs": "stop", "epochs_to_learn": "until", "margin_sums": "sums", "n_not_finite": "lost"}


def earlier_path(folder: Path, shard: Shard) -> Path:
    """Return the earlier version's path of a shard."""
    text = f"{json.dumps(_group(shard), sort_keys=True, allow_nan=False)} {shard.first} {shard.last}"
    return folder / FOLDER / f"{hashlib.sha256(text.encode()).hexdigest()[:40]}.parquet"


def earlier_description(shard: Shard) -> dict[str, Any]:
    """Return the description that the earlier version wrote.

    The description is part of a shard's file.
    """
    return {"group": _group(shard), "first_seed": shard.first, "last_seed": shard.last - 1}


def _group(shard: Shard) -> dict[str, Any]:
    group = json.loads(shard.group.description)
    recipe = first_names(group["recipe"])
    return {
        "format": FORMAT,
        "architecture": first_names(group["architecture"]),
        "recipe": {name: FIRST_VALUES.get(value, value) for name, value in recipe.items()},
        "stops": group["checkpoints"],
        "examples": first_names(group["examples"]),
        "probes": first_names(group["probes"]),
    }
