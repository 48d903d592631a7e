"""Convert networks to and from PyTorch, and test files of named tensors."""

import pickle
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import tinynet as tn
from networks import content, networks, pictures
from tinynet.errors import TinyNetError

ENDINGS = ("safetensors", "pt", "pth", "onnx", "json")
SINGLE = tn.Network.initial((4, 3, 2), seed=0, hidden="tanh", output="softmax", init="xavier")
DOUBLE = SINGLE.with_parameters(SINGLE.parameters * 1.1, origin="scaled")


@given(network=networks())
def test_a_round_trip_in_float64_loses_nothing(network):
    assert content(tn.Network.from_torch(network.to_torch(dtype="float64"))) == content(network)


@given(network=networks(single=True))
def test_a_round_trip_of_float32_numbers_loses_nothing(network):
    model = network.to_torch()
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert content(tn.Network.from_torch(model)) == content(network)
    again = tn.Network.from_torch(model).to_torch()
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


@given(network=networks(single=False))
def test_float32_rounds_each_parameter_once(network):
    theirs = torch.cat([parameter.detach().ravel() for parameter in network.to_torch().parameters()])
    assert theirs.numpy().tolist() == network.parameters.astype(np.float32).tolist()


@given(network=networks())
def test_a_model_gives_the_outputs_of_the_network(network):
    shown = pictures(network)
    with torch.no_grad():
        theirs = network.to_torch(dtype="float64")(torch.tensor(shown)).numpy()
    # above 20 the softplus of PyTorch is z, which is too small by at most log(1 + e**-20)
    rounded = "softplus" in network.architecture.activations and np.abs(network.parameters).max() > 1
    rtol = 1e-6 if rounded else 1e-12
    np.testing.assert_allclose(theirs, network(shown), rtol=rtol, atol=1e-8 if rounded else 1e-14)


def test_formats_other_than_pytorchs_do_not_import_torch(tmp_path):
    code = (
        "import sys; sys.modules['torch'] = None\nimport tinynet as tn\n"
        "network = tn.Network.initial(seed=0)\n"
        "for ending in ('safetensors', 'onnx', 'json'):\n"
        "    network.save(f'net.{ending}')\n    assert tn.Network.load(f'net.{ending}') == network\n"
        "network.code('c'), network.code('python')\n"
        "try:\n    network.to_torch()\nexcept ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == 'a PyTorch model needs torch: pip install "tinynet-lab[torch]"'


def test_making_a_model_draws_no_random_numbers():
    before = torch.get_rng_state()
    SINGLE.to_torch()
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_model_of_any_precision_is_read_exactly(dtype):
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).to(dtype)
    network = tn.Network.from_torch(model)
    assert network.layers[0].weight.tolist() == model[0].weight.tolist()
    assert network.layers[1].bias.tolist() == model[2].bias.tolist()
    assert network.architecture.output == "identity"


def test_a_layer_without_bias_has_zeros():
    network = tn.Network.from_torch(nn.Sequential(nn.Linear(4, 2, bias=False), nn.Sigmoid()))
    assert not network.layers[0].bias.any()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.Conv2d(1, 1, 2), nn.Flatten(), nn.Linear(4, 3)), "layer '0' is a Conv2d"),
        (nn.Sequential(nn.Linear(4, 3), nn.Dropout(), nn.Linear(3, 2)), "layer '1' is a Dropout"),
        (nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 2)), "'0' has relu .* '2' has tanh"),
        (nn.Sequential(nn.Linear(4, 2, dtype=torch.complex64)), "dtype complex64. It must be a floating-point dtype"),
    ],
)  # fmt: skip
def test_models_with_unsupported_layers_are_refused_by_name(model, message):
    with pytest.raises(TinyNetError, match=message):
        tn.Network.from_torch(model)


@given(network=networks())
def test_a_state_dict_loads_in_pytorch_and_loses_nothing(network):
    state = network.state_dict()
    assert tn.Network.from_state_dict(state) == network
    assert tn.Network.from_state_dict(state).origin == network.origin
    assert list(state) == list(network.to_torch().state_dict())
    model = network.to_torch(dtype="float64")
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    model.load_state_dict(state)
    assert content(tn.Network.from_torch(model)) == content(network)


def test_a_state_dict_from_pytorch_takes_its_activations_from_the_caller():
    state = DOUBLE.to_torch(dtype="float64").state_dict()
    network = tn.Network.from_state_dict(state, hidden="tanh", output="softmax")
    assert content(network) == content(DOUBLE)
    assert tn.Network.from_state_dict(state).architecture.activations == ("sigmoid", "sigmoid")
    arrays = {f"fc.{name}": value.tolist() for name, value in state.items()}
    assert tn.Network.from_state_dict(arrays).parameters.tolist() == DOUBLE.parameters.tolist()


@pytest.mark.parametrize("ending", ENDINGS)
@given(network=networks())
def test_a_saved_file_loses_nothing(tmp_path_factory, ending, network):
    path = tmp_path_factory.getbasetemp() / f"net.{ending}"
    network.save(path)
    again = tn.Network.load(path)
    assert again == network
    assert again.parameters.tobytes() == network.parameters.tobytes()
    assert again.origin == network.origin


@pytest.mark.parametrize(("network", "dtype"), [(SINGLE, torch.float32), (DOUBLE, torch.float64)])
@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_pytorch_loads_a_saved_file_as_a_state_dict(tmp_path, network, dtype, ending):
    path = tmp_path / f"net.{ending}"
    network.save(path)
    state = torch.load(path, weights_only=True) if ending == "pt" else safetensors.torch.load_file(path)
    assert {tensor.dtype for tensor in state.values()} == {dtype}
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2), nn.Softmax(1)).to(dtype)
    model.load_state_dict(state)
    assert tn.Network.from_torch(model).parameters.tolist() == network.parameters.tolist()


def test_equal_networks_give_equal_files(tmp_path):
    for ending in ENDINGS:
        SINGLE.save(tmp_path / f"one.{ending}")
        SINGLE.with_parameters(SINGLE.parameters, origin=SINGLE.origin).save(tmp_path / f"two.{ending}")
        assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()


class Attack:
    def __reduce__(self):
        return exec, ("raise SystemExit('the pickle ran')",)


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(tmp_path):
    path = tmp_path / "net.pt"
    for write in (
        lambda: torch.save({"0.weight": Attack()}, path),
        lambda: path.write_bytes(pickle.dumps(Attack())),
    ):
        write()
        with pytest.raises(
            TinyNetError, match="objects other than tensors.* can run any code. Save model.state_dict"
        ):
            tn.Network.load(path)
    with pytest.raises(SystemExit, match="the pickle ran"):
        pickle.loads(pickle.dumps(Attack()))


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        (nn.Linear(4, 2), "objects other than tensors.*Save model.state_dict"),
        ([1, 2], "contains an object of type list, not a state_dict"),
        ({"epoch": 3}, "has 'epoch', which is not a weight or bias"),
        ({"model": {}, "epoch": 3}, "has a dictionary in 'model'. If it is the state_dict, save only it"),
        ({"0.weight": torch.zeros(2, 2).to_sparse()}, "0.weight is not a plain tensor of numbers .*Sparse"),
        ({"0.weight": torch.zeros(2, 2, device="meta")}, "0.weight is not a plain tensor of numbers .*meta"),
        (
            {"0.weight": torch.zeros(1, 1).expand(10**5, 10**6)},
            "0.weight has 100,000,000,000 numbers. It must have at most",
        ),
        ({}, "has no weights"),
    ],
)
def test_a_pt_file_without_a_supported_state_dict_is_refused(tmp_path, saved, message):
    torch.save(saved, tmp_path / "net.pt")
    with pytest.raises(TinyNetError, match=message):
        tn.Network.load(tmp_path / "net.pt")


def foreign(tmp_path, **arrays):
    safetensors.numpy.save_file(arrays, tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


def filled(*shape, kind=np.float32):
    return np.arange(np.prod(shape), dtype=kind).reshape(shape) / 8


def test_numbered_layers_of_foreign_files_are_ordered_by_number(tmp_path):
    arrays = {
        f"net.{n}.{part}": filled(*shape) + n
        for n in range(0, 12, 2)
        for part, shape in (("weight", (2, 2)), ("bias", (2,)))
    }
    network = tn.Network.load(foreign(tmp_path, **arrays), hidden="relu", output="identity")
    assert [layer.bias[0] for layer in network.layers] == [0, 2, 4, 6, 8, 10]
    assert network.architecture.activations == (*["relu"] * 5, "identity")
    assert network.origin.endswith("net.safetensors")


def test_layers_without_numbers_are_ordered_by_shape(tmp_path):
    arrays = {
        "into.weight": filled(5, 4),
        "hidden.weight": filled(3, 5),
        "out.weight": filled(2, 3, kind=np.float16),
    }
    assert tn.Network.load(foreign(tmp_path, **arrays)).sizes == (4, 5, 3, 2)
    assert tn.Network.load(foreign(tmp_path, weight=filled(2, 4), bias=filled(2))).sizes == (4, 2)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"conv.weight": filled(1, 1, 2, 2)}, r"conv.weight has shape \(1, 1, 2, 2\). It must have shape \(out, in\)"),
        ({"1.running_mean": filled(3)}, "has '1.running_mean', which is not a weight or bias"),
        ({"0.bias": filled(3)}, "the bias of layer '0' and no weight"),
        ({"0.weight": filled(3, 4), "0.bias": filled(2)}, "layer '0' has 3 nodes and a bias of length 2"),
        ({"0.weight": filled(3, 4), "2.weight": filled(2, 5)}, "not a chain of layers: 0 has 3 outputs and 2 has 5 inputs"),
        ({"a.weight": filled(3, 3), "b.weight": filled(3, 3)}, "the order of its layers a, b: 2 orders make a chain. Pass the arrays in order"),
        ({"a.weight": filled(3, 4), "b.weight": filled(3, 4)}, "the order of its layers a, b: no orders"),
        ({"0.weight": np.ones((2, 2), np.int64)}, "0.weight has dtype int64"),
        ({"0.weight": np.full((2, 2), np.nan)}, r"layer1.weight\[0,0\] is nan"),
        ({"0.weight": filled(2, 5000)}, "the network would have 5,000 inputs. At most 4,096 are allowed"),
        ({}, "has no weights"),
    ],
)  # fmt: skip
def test_files_without_a_chain_of_layers_are_refused(tmp_path, arrays, message):
    with pytest.raises(TinyNetError, match=message):
        tn.Network.load(foreign(tmp_path, **arrays))


def test_a_dtype_that_numpy_lacks_is_named(tmp_path):
    path = tmp_path / "net.safetensors"
    safetensors.torch.save_file({"0.weight": torch.ones(2, 2, dtype=torch.bfloat16)}, path)
    with pytest.raises(TinyNetError, match="tensors of type BF16, .*float32"):
        tn.Network.load(path)


def test_a_recording_is_not_a_network(tmp_path):
    run = tn.train(SINGLE, tn.pictures.lines(), tn.Recipe(epochs=1))
    run.save(tmp_path / "run.safetensors")
    with pytest.raises(TinyNetError, match="holds a recording, not a network. Use a file with a network"):
        tn.Network.load(tmp_path / "run.safetensors")
    SINGLE.save(tmp_path / "net.safetensors")
    with pytest.raises(
        TinyNetError,
        match="holds a network, not a recording. Use a file with a recording that `tinynet train --out`",
    ):
        tn.load(tmp_path / "net.safetensors")


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
@given(place=st.floats(0, 0.999), byte=st.integers(0, 255))
def test_a_damaged_file_gives_a_clear_error_or_a_network(tmp_path_factory, ending, place, byte):
    path = tmp_path_factory.getbasetemp() / f"damaged.{ending}"
    SINGLE.save(path)
    whole = path.read_bytes()
    at = int(place * len(whole))
    path.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
    with suppress(TinyNetError):  # no other error
        assert isinstance(tn.Network.load(path), tn.Network)
    path.write_bytes(whole[:at])
    if ending == "onnx":  # protobuf does not detect a file that ends between two fields
        with suppress(TinyNetError):
            assert np.array_equal(tn.Network.load(path).parameters, SINGLE.parameters)
        return
    with pytest.raises(TinyNetError, match="damaged|not a JSON|objects other than tensors"):
        tn.Network.load(path)


def test_a_changed_number_in_a_safetensors_file_is_detected(tmp_path):
    path = tmp_path / "net.safetensors"
    SINGLE.save(path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(TinyNetError, match="its numbers are not those that were saved"):
        tn.Network.load(path)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SINGLE.save("net.h5"), "path is net.h5. Its extension must be one of '.safetensors', '.pt', '.pth', '.onnx', '.json'"),
        (lambda: tn.Network.load("missing.pt"), "cannot read missing.pt: No such file or directory. Check the path."),
        (lambda: tn.Network.load("net.json", hidden="relu"), "contains its activations. Leave hidden and output out"),
        (lambda: SINGLE.to_torch(dtype="float16"), "dtype is 'float16'. It must be one of 'float32', 'float64'"),
        (lambda: SINGLE.with_parameter("layer1.bias[0]", 1e39).to_torch(), r"layer1.bias\[0\] is 1e\+39. It is too large for float32. Set dtype to 'float64'"),
        (lambda: tn.Network.from_state_dict(SINGLE.state_dict(), hidden="gelu"), "hidden is 'gelu'"),
    ],
)  # fmt: skip
def test_invalid_conversions_are_refused(call, message):
    with pytest.raises(TinyNetError, match=message):
        call()
