"""Count how often the first line of real tables is taken for data.

    python tests/support/header_alarms.py FOLDER ...

Every CSV file in the folders is opened as it is, and without its first line. A refused file is a false alarm, if it
has column names. A file without its first line that is not refused has swallowed a row of data.
"""

import sys
from collections import Counter
from pathlib import Path

from tinynet.data.readers import HeaderError, TextFile, opened
from tinynet.errors import TinyNetError

MAX_CHARACTERS = 400_000


def outcome(name: str, text: str) -> str:
    """Return how the first line of a table is read: as names, as data, or not at all."""
    try:
        with opened(TextFile(name, text)):
            return "names"
    except HeaderError as error:
        print(f"data: {str(error)[:200]}")
        return "data"
    except TinyNetError as error:
        print(f"refused: {str(error)[:200]}")
        return "refused"


def main(folders: list[str]) -> None:
    """Print the outcomes for all tables in the folders."""
    whole, bare = Counter[str](), Counter[str]()
    for path in sorted(
        path for folder in folders for path in Path(folder).rglob("*.csv") if not path.name.startswith(".")
    ):
        text = path.read_bytes().decode("utf-8-sig", errors="replace")[:MAX_CHARACTERS]
        whole[outcome(str(path), text)] += 1
        bare[outcome(f"{path} without line 1", text.partition("\n")[2])] += 1
    print(f"tables as they are: {dict(whole)}")
    print(f"without the first line: {dict(bare)}")


if __name__ == "__main__":
    main(sys.argv[1:])
