"""Opening and reading the files of the user: only regular files, and a limited size."""

import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import tinynet as tn
from tinynet import files
from tinynet.data import tables
from tinynet.errors import TinyNetError


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    return path


@pytest.fixture
def endpoint(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket may have about 100 characters
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.csv")
        yield tmp_path / "socket.csv"


def refusal(path, found):
    return f"^cannot read {re.escape(str(path))}: the path is {found}. Give the path of a file.$"


@pytest.mark.parametrize("read", [tn.load, tables.read, files.open_file])
def test_only_regular_files_are_opened(read, tmp_path, pipe, endpoint):
    for path, found in ((tmp_path, "a folder"), (pipe, "a named pipe"), (endpoint, "a socket")):
        with pytest.raises(TinyNetError, match=refusal(path, found)):
            read(path)
    link = tmp_path / "link.csv"
    for device in ("/dev/zero", "/dev/full", "/dev/null"):
        link.symlink_to(device)
        with pytest.raises(TinyNetError, match=refusal(link, "a device")):
            read(link)
        link.unlink()


@pytest.mark.parametrize("extension", [".safetensors", ".pt", ".pth", ".onnx", ".json"])
def test_a_network_is_read_from_a_regular_file(extension, tmp_path):
    path = tmp_path / f"pipe{extension}"
    os.mkfifo(path)
    with pytest.raises(TinyNetError, match=refusal(path, "a named pipe")):
        tn.Network.load(path)


def test_a_file_that_changes_its_kind_while_it_is_opened_is_refused(tmp_path, pipe, monkeypatch):
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    regular = os.stat_result([stat.S_IFREG, *table.stat()[1:]])
    monkeypatch.setattr(type(pipe), "stat", lambda path: regular)
    with pytest.raises(TinyNetError, match=refusal(pipe, "a named pipe")):
        files.open_file(pipe)


@pytest.mark.parametrize("kind", files.MAX_BYTES)
def test_a_file_is_read_up_to_the_limit_of_its_kind(kind, tmp_path, monkeypatch):
    monkeypatch.setitem(files.MAX_BYTES, kind, 1000)
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))
    assert files.read(path, kind) == bytes(1000)
    path.write_bytes(bytes(1001))
    rule = f"its size is 1,001 bytes. The size of a {kind} must be at most 1,000 bytes."
    with pytest.raises(TinyNetError, match=rule):
        files.read(path, kind)


def test_a_huge_file_is_refused_by_its_size(tmp_path):
    path = tmp_path / "huge.safetensors"
    with path.open("wb") as file:
        file.truncate(files.MAX_BYTES["recording"] + 1)  # without data on the disk
    with pytest.raises(TinyNetError, match="its size is 4,294,967,297 bytes"):
        tn.load(path)


def test_a_table_without_line_ends_is_refused_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_LINE", 1000)
    path = tmp_path / "table.csv"
    path.write_text("a," * 499 + "b\n")
    with pytest.raises(TinyNetError, match="two columns are named 'a'"):
        tables.read(path)
    path.write_text("a" * 1001)
    with pytest.raises(TinyNetError, match="has a line of more than 1,000 characters"):
        tables.read(path)


@pytest.mark.skipif(sys.platform != "linux", reason="the file system /proc is Linux's")
def test_a_file_that_grows_while_it_is_read_is_refused():
    with pytest.raises(TinyNetError, match="the file changed while it was read. Try again."):
        files.read(Path("/proc/self/maps"), "result")  # its size is 0


def test_the_temporary_files_of_ended_processes_are_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    names = [f".tinynet-{process}-{files._host()}-0" for process in (ended.pid, os.getpid(), 10**30)]
    names += [f".tinynet-{ended.pid}-otherpc-0", ".tinynet-notes", "mine.txt"]
    for name in names:
        (tmp_path / name).touch()
    files.write(tmp_path / "out.txt", b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names[1:2], *names[3:], "out.txt"])


@pytest.mark.parametrize("kind", ["pipe", "folder", "/dev/null", "socket.csv", "link"])
def test_only_files_are_written(kind, tmp_path, pipe, endpoint):
    (tmp_path / "folder").mkdir()
    (tmp_path / "pipe").symlink_to(pipe)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / kind)
    for path in (link, tmp_path / kind):
        with pytest.raises(TinyNetError, match=r"cannot write .*: the path is a"):
            files.write(path, b"new")
    assert link.is_symlink()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".tinynet")]


def test_a_link_stays_a_link(tmp_path):
    link = tmp_path / "link.txt"
    link.symlink_to("target.txt")
    for data in (b"new", b"newer"):  # the target is missing at first
        files.write(link, data)
        assert link.is_symlink()
        assert (tmp_path / "target.txt").read_bytes() == data


def test_a_name_of_full_length_can_be_written(tmp_path):
    path = tmp_path / ("x" * 255)
    files.write(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, OSError(28, "No space left on device")])
def test_a_failed_write_leaves_no_file(error, tmp_path, monkeypatch):
    path = tmp_path / "out.txt"
    path.write_bytes(b"old")

    def fail(handle):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(TinyNetError if isinstance(error, OSError) else error):
        files.write(path, b"new")
    assert [one.name for one in tmp_path.iterdir()] == ["out.txt"]
    assert path.read_bytes() == b"old"
