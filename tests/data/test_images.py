import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import tinynet as tn
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
    refused(root / "a" / "x.png", "x.png is not a folder")
    refused(root, "has only the subfolder 'a'. .* and at least two classes")
    (root / "b").mkdir()
    refused(root, "b has no images")
    folder({"b/y": np.random.default_rng(0).integers(0, 256, (64, 64))})
    (root / "b" / "z.jpg").write_bytes((root / "b" / "y.png").read_bytes()[:2000])
    refused(root, r"cannot read the image .*b.z.jpg \(.*\). Save it again or remove it")
    (root / "b" / "z.jpg").write_text("no picture")
    refused(root, "cannot read the image .*cannot identify")
    (root / "b" / "z.jpg").unlink()
    for size in (0, 65, 2.5, True):
        refused(root, "It must be a whole number from 1 to 64", size=size)
    folder({f"{k}/x": BLACK for k in range(99)})
    refused(root, "has 101 subfolders. There must be at most 100 classes")


def test_a_mean_is_exact_and_a_small_image_is_enlarged(folder):
    picture = np.random.default_rng(0).integers(0, 256, (7, 10))
    some = tn.Examples.from_images(folder({"a/x": picture, "b/y": [[0, 255], [51, 102]]}), size=3)
    rows, columns = ([0, 2, 5, 7], [0, 3, 7, 10])  # a pixel belongs to the part that contains its middle
    areas = [picture[rows[i] : rows[i + 1], columns[j] : columns[j + 1]] for i in range(3) for j in range(3)]
    assert some.inputs[0].tolist() == [int(area.sum()) / (255 * area.size) for area in areas]
    assert some.inputs[1].tolist() == [0, 1, 1, 0.2, 0.4, 0.4, 0.2, 0.4, 0.4]
