import os
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import tinynet as tn
from tinynet import files
from tinynet.data import images
from tinynet.data.tables import MAX_CLASSES
from tinynet.errors import TinyNetError


@pytest.fixture
def folder(tmp_path):
    """Return a function that writes pictures, given as arrays of bytes, into subfolders."""

    def write(pictures, ending="png", **options):
        for name, picture in pictures.items():
            path = tmp_path / f"{name}.{ending}"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(np.asarray(picture, np.uint8)).save(path, **options)
        return tmp_path

    return write


BLACK, WHITE = np.zeros((8, 8)), np.full((8, 8), 255)


def test_digits_saved_as_images_are_read_unchanged(folder):
    digits = load_digits()
    levels = np.round(digits.images * 255 / 16)  # gray levels 0 to 16 become 0 to 255
    chosen = [k for d in range(10) for k in np.flatnonzero(digits.target == d)[:12]]
    some = tn.Examples.from_images(folder({f"{digits.target[k]}/{k:04}": levels[k] for k in chosen}))
    assert some.names == tuple(f"{digits.target[k]}/{k:04}.png" for k in chosen)
    assert (some.shape, some.target_names) == ((8, 8), tuple("0123456789"))
    assert some.inputs.tolist() == (levels[chosen].reshape(-1, 64) / 255).tolist()
    assert np.abs(some.inputs - digits.data[chosen] / 16).max() <= 0.5 / 255 + 1e-12
    assert some.targets.argmax(axis=1).tolist() == digits.target[chosen].tolist()


def test_a_shrunk_pixel_is_the_mean_of_its_area(folder):
    picture = np.random.default_rng(0).integers(0, 256, (12, 20))
    some = tn.Examples.from_images(folder({"a/x": picture, "b/y": WHITE}), size=4)
    areas = picture.reshape(4, 3, 4, 5).mean(axis=(1, 3)) / 255
    assert np.abs(some.inputs[0] - areas.ravel()).max() < 1e-6
    assert some.inputs[1].tolist() == [1.0] * 16


@pytest.mark.parametrize(("ending", "within"), [("jpg", 0.02), ("bmp", 0), ("gif", 0), ("webp", 0.02)])
def test_jpg_bmp_gif_and_webp_images_are_read(folder, ending, within):
    some = tn.Examples.from_images(folder({"a/x": np.full((9, 9), 51), "b/y": WHITE}, ending.upper()), size=2)
    assert np.abs(some.inputs - [[0.2] * 4, [1.0] * 4]).max() <= within


def test_colors_bit_depths_and_transparency_become_gray_levels(folder, tmp_path):
    root = folder({"a/x": BLACK, "b/y": WHITE})
    Image.new("RGB", (3, 3), (255, 0, 0)).save(root / "a" / "red.png")
    Image.new("RGBA", (3, 3), (0, 0, 0, 0)).save(root / "a" / "nothing.png")
    Image.new("1", (3, 3), 1).save(root / "a" / "one bit.png")
    Image.fromarray(np.full((3, 3), 65535, np.uint16)).save(root / "a" / "sixteen bits.png")
    some = tn.Examples.from_images(root, size=1)
    bright = {name: round(float(some[name].inputs[0, 0]), 3) for name in some.names}
    assert bright == {
        "a/nothing.png": 1, "a/one bit.png": 1, "a/red.png": 0.298, "a/sixteen bits.png": 1, "a/x.png": 0, "b/y.png": 1,
    }  # fmt: skip


def test_the_exif_orientation_is_applied(folder):
    root = folder({"b/y": WHITE})
    (root / "a").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    Image.fromarray(np.array([[0, 0], [255, 255]], np.uint8)).save(root / "a" / "x.png", exif=exif)
    assert tn.Examples.from_images(root, size=2).inputs[0].tolist() == [1, 1, 0, 0]


def test_hidden_files_and_other_files_are_ignored(folder):
    root = folder({"a/x": BLACK, "b/y": WHITE, "a/.z": BLACK})
    (root / ".git").mkdir()
    (root / "a" / "notes.txt").write_text("cats")
    assert tn.Examples.from_images(root).names == ("a/x.png", "b/y.png")


def test_a_network_learns_a_folder_of_images(folder):
    digits = load_digits()
    ones = {
        f"{digits.target[k]}/{k}": digits.images[k] * 15.9 for k in np.flatnonzero(digits.target < 2)[:60]
    }
    some = tn.Examples.from_images(folder(ones))
    run = tn.train(tn.Network.initial((64, 3, 2), seed=0), some, tn.Recipe(learning_rate=1, epochs=20))
    assert tn.score(run.final, some).count == 60


def test_invalid_folders_are_refused(folder, tmp_path):
    def refused(root, message, **options):
        with pytest.raises(TinyNetError, match=message):
            tn.Examples.from_images(root, **options)

    refused(tmp_path / "none", "none does not exist. An image folder must have one subfolder for each class")
    refused(tmp_path, "has no subfolders")
    root = folder({"a/x": BLACK})
    refused(root / "a" / "x.png", "x.png is a file, and not a folder")
    refused(root, "has only the subfolder 'a'. .* and at least two classes")
    (root / "b").mkdir()
    refused(root, "b has no images")
    folder({"b/y": np.random.default_rng(0).integers(0, 256, (64, 64))})
    (root / "b" / "z.jpg").write_bytes((root / "b" / "y.png").read_bytes()[:2000])
    refused(root, r"cannot read the image .*b.z.jpg \(.*\). Save it again or remove it")
    (root / "b" / "z.jpg").write_text("no picture")
    refused(root, r"cannot read the image .*z.jpg \(its content is none of PNG, JPEG, GIF")
    (root / "b" / "z.jpg").unlink()
    for size in (0, 65, 2.5, True):
        refused(root, "It must be a whole number from 1 to 64", size=size)
    folder({f"{k}/x": BLACK for k in range(MAX_CLASSES - 1)})
    refused(root, f"has {MAX_CLASSES + 1} subfolders. There must be at most {MAX_CLASSES} classes")


def test_a_mean_is_exact_and_a_small_image_is_enlarged(folder):
    picture = np.random.default_rng(0).integers(0, 256, (7, 10))
    some = tn.Examples.from_images(folder({"a/x": picture, "b/y": [[0, 255], [51, 102]]}), size=3)
    rows, columns = ([0, 2, 5, 7], [0, 3, 7, 10])  # a pixel belongs to the part that contains its middle
    areas = [picture[rows[i] : rows[i + 1], columns[j] : columns[j + 1]] for i in range(3) for j in range(3)]
    assert some.inputs[0].tolist() == [int(area.sum()) / (255 * area.size) for area in areas]
    assert some.inputs[1].tolist() == [0, 1, 1, 0.2, 0.4, 0.4, 0.2, 0.4, 0.4]


def bomb(width, height, depth=16):
    """Return a PNG of zeros; the rows are compressed together, so that a huge image is a small file."""

    def chunk(name, data):
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    packer, packed, row = zlib.compressobj(9), b"", bytes(1 + width * depth // 8)
    for _ in range(height):
        packed += packer.compress(row)
    packed += packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_a_large_image_is_refused_before_it_is_decoded(folder, monkeypatch):
    root = folder({"a/x": BLACK, "b/y": WHITE})
    path = root / "a" / "z.png"
    path.write_bytes(bomb(images.MAX_PIXELS + 8, 1))
    tracemalloc.start()
    with pytest.raises(
        TinyNetError, match=r"z.png \(it has 67,108,872 x 1 pixels and must have at most 67,108,864\)"
    ):
        tn.Examples.from_images(root)
    assert tracemalloc.get_traced_memory()[1] < 2e6
    tracemalloc.stop()
    path.write_bytes(bomb(200_000_000, 1))  # Pillow itself refuses this size
    with pytest.raises(TinyNetError, match="z.png .*decompression bomb"):
        tn.Examples.from_images(root)
    monkeypatch.setattr(images, "MAX_PIXELS", 64)
    path.write_bytes(bomb(8, 8))
    assert tn.Examples.from_images(root)["a/z.png"].inputs.max() == 0


def test_a_large_image_file_is_refused_by_its_size(folder):
    root = folder({"a/x": BLACK, "b/y": WHITE})
    with (root / "a" / "z.png").open("wb") as file:
        file.truncate(files.MAX_BYTES["image"] + 1)
    with pytest.raises(TinyNetError, match="cannot read .*z.png: its size is 268,435,457 bytes"):
        tn.Examples.from_images(root)


def test_only_files_with_images_are_read(folder):
    root = folder({"a/x": BLACK, "b/y": WHITE})
    path = root / "a" / "z.png"
    os.mkfifo(path)
    with pytest.raises(TinyNetError, match="cannot read .*z.png: the path is a named pipe"):
        tn.Examples.from_images(root)
    path.unlink()
    path.mkdir()
    with pytest.raises(TinyNetError, match="cannot read .*z.png: the path is a folder"):
        tn.Examples.from_images(root)
    path.rmdir()
    path.write_text(
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n"
    )  # Pillow reads EPS by another program
    with pytest.raises(TinyNetError, match=r"z.png \(its content is none of PNG"):
        tn.Examples.from_images(root)


def test_links_must_stay_in_the_folder(folder, tmp_path_factory):
    root, other = folder({"a/x": BLACK, "b/y": WHITE}), tmp_path_factory.mktemp("other")
    link = root / "a" / "z.png"
    link.symlink_to("x.png")
    assert len(tn.Examples.from_images(root)) == 3
    linked = other / "linked"
    linked.symlink_to(root)  # the folder itself may be a link
    assert len(tn.Examples.from_images(linked)) == 3
    link.unlink()
    (other / "secret.png").write_bytes((root / "a" / "x.png").read_bytes())
    for target in (other / "secret.png", "../../none.png", "/dev/zero"):
        link.symlink_to(target)
        with pytest.raises(
            TinyNetError, match="z.png is a link that leaves the folder .* Replace the link by a copy"
        ):
            tn.Examples.from_images(root)
        link.unlink()
    link.symlink_to(link)
    with pytest.raises(TinyNetError, match="cannot read .*z.png: Too many levels of symbolic links"):
        tn.Examples.from_images(root)
    link.unlink()
    (root / "c").symlink_to(other)
    with pytest.raises(TinyNetError, match="c is a link that leaves the folder"):
        tn.Examples.from_images(root)


def test_a_name_that_is_not_utf8_is_refused(folder):
    root = folder({"a/x": BLACK, "b/y": WHITE})
    (root / "a" / os.fsdecode(b"caf\xe9.png")).write_bytes((root / "a" / "x.png").read_bytes())
    with pytest.raises(
        TinyNetError, match=r"the name of an image is 'a/caf.udce9.png'. It must be UTF-8 text"
    ):
        tn.Examples.from_images(root)


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "bmp", "webp", "tif", "ppm"])
def test_damaged_images_are_refused_or_read(folder, ending):
    """Each mutant of an image is an image or a TinyNetError, without a warning."""
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (12, 12, 3))
    root = folder({"a/x": noise, "b/y": noise}, ending)
    path = root / "a" / f"x.{ending}"
    whole = path.read_bytes()
    for _ in range(int(os.environ.get("TINYNET_FUZZ", 60))):
        mutant = bytearray(whole[: random.integers(1, len(whole) + 1)] if random.random() < 0.3 else whole)
        for place in random.integers(
            0, min(len(mutant), random.choice([40, len(whole)])), random.integers(1, 6)
        ):
            mutant[place] = random.integers(0, 256)
        path.write_bytes(mutant)
        try:
            read = tn.Examples.from_images(root)
        except TinyNetError:
            continue
        assert ((read.inputs >= 0) & (read.inputs <= 1)).all()
