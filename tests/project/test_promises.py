"""Check that the README and the documents agree with the project."""

import re
import subprocess
import sys
import tomllib
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

import tinynet as tn
from tinynet.plugins import DISTRIBUTION

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def tracked():
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listing.splitlines()]


@pytest.mark.parametrize("name", tn.__all__)
def test_every_public_name_is_documented(name):
    assert getattr(tn, name).__doc__.strip()


@pytest.mark.parametrize("name", ["README.md", pytest.param("docs/experiments.md", marks=pytest.mark.slow)])
def test_the_code_in_the_documents_prints_the_shown_output(name):
    text = (ROOT / name).read_text()
    code, printed = re.search(
        r"```python\n(.*?)```\n\n(?:which )?prints\n\n```\n(.*?)```", text, re.S
    ).groups()
    out = StringIO()
    with redirect_stdout(out):
        exec(compile(code, name, "exec"), {})
    assert out.getvalue() == printed


@pytest.mark.torch
@pytest.mark.slow
def test_the_readmes_integrations_work(tmp_path, monkeypatch):
    """Run the three examples of five lines."""
    import torch

    import tinynet as tn

    monkeypatch.chdir(tmp_path)
    lines = tn.pictures.lines()
    torch.manual_seed(0)
    model = tn.Network.initial(seed=0).to_torch()
    known = {
        "tn": tn,
        "x": torch.tensor(lines.inputs).float(),
        "y": torch.tensor(lines.targets).float(),
        "model": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "loss_fn": torch.nn.MSELoss(),
        "run": tn.train(tn.Network.initial(seed=0), lines),
    }
    part = README.split("## Integrations")[1].split("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", part, re.S)
    assert [len(re.findall(r".+", block)) for block in blocks] == [5, 5, 5]
    for block in blocks:
        exec(compile(block, "README.md", "exec"), known)
    assert len(known["watcher"].recording) == 4
    assert known["watcher"].recording.initial == known["run"].initial
    assert known["classifier"].score(known["rows"], known["species"]) > 0.9
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"lab.html", "step.xlsx", "network.onnx", "network.h", "training.gif"}


def test_the_readmes_map_equals_the_files_on_disk():
    listed = re.findall(r"^\| `(\w+\.py|\w+/)` \|", README, re.M)
    source = ROOT / "src" / "tinynet"
    files = [path.name for path in source.glob("*.py") if path.name != "__init__.py"]
    packages = [f"{path.parent.name}/" for path in source.glob("*/__init__.py")]
    assert sorted(listed) == sorted(files + packages)


def test_the_readmes_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`?make ([\w-]+)`?", README)) - {"the"}:
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_the_readmes_files_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_files_and_constants_in_contributing_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for path in re.findall(r"`([\w/]+\.(?:py|md)|web/src/)`", text):
        assert (ROOT / path).exists() or (ROOT / "src" / "tinynet" / path).exists(), path
    code = "\n".join(path.read_text() for path in tracked() if path.suffix == ".py")
    for name in re.findall(r"`([A-Z_]{4,})`", text):
        assert re.search(rf"^{name}\b.* =", code, re.M), name
    source = ROOT / "src" / "tinynet"
    listed = re.findall(r"`(\w+\.py|\w+/)`", text.split("## The map")[1].split("\n## ")[0])
    files = [path.name for path in source.glob("*.py") if path.name != "__init__.py"]
    assert sorted(listed) == sorted(files + [f"{path.parent.name}/" for path in source.glob("*/__init__.py")])


def test_every_command_is_in_the_docs():
    from tinynet.cli import app

    commands = {command.callback.__name__ for command in app.registered_commands}
    assert set(re.findall(r"^## tinynet (\w+)", (ROOT / "docs" / "cli.md").read_text(), re.M)) == commands
    assert (
        set(re.findall(r"tinynet (\w+) ", README.split("## On the command line")[1].split("##")[0]))
        <= commands
    )


HEAVY = ("numpy", "llvmlite", "matplotlib", "torch", "pandas", "duckdb", "pyarrow", "sklearn", "fastapi")


def test_importing_tinynet_loads_nothing_heavy():
    code = f"import sys, tinynet; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nsys.argv = ['tinynet', '--help']\nfrom tinynet.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_no_file_names_a_machine_or_a_registry():
    forbidden = re.compile(
        r"(?<![\w.])/(?:work|root|home|farm)/[a-z.]|pypi\.org/simple|registry\.npmjs|files\.pythonhosted"
    )
    for path in tracked():
        if path.suffix in (".py", ".md", ".toml", ".ipynb", ".html", ".json", "") and path != Path(__file__):
            assert not forbidden.search(path.read_text()), path


def test_every_install_command_names_this_distribution():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = [
        path.read_text() for path in tracked() if path.suffix in (".py", ".md", ".toml", ".ipynb", ".ts", "")
    ]
    named = set(re.findall(r"pip install [\"']?(tinynet[\w-]*)", "\n".join(texts)))
    assert named == {project["name"]} == {DISTRIBUTION}
