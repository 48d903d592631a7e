"""Write the ONNX models of Keras in `tests/golden/keras`.

Keras and TensorFlow are not packages of the project. The models were written with keras 3.15.1, tensorflow-cpu 2.21.0,
tf2onnx 1.17.0 and onnx 1.23.2, and those of Keras with PyTorch with torch 2.13.0:

    KERAS_BACKEND=tensorflow python tests/support/keras_models.py
    KERAS_BACKEND=torch python tests/support/keras_models.py
"""

import os
from pathlib import Path

import numpy as np
import onnx

FOLDER = Path(__file__).parents[1] / "golden" / "keras"


def dense(nodes, activation=None, **settings):
    from keras import layers

    return layers.Dense(nodes, activation, bias_initializer="random_normal", **settings)


def model(shape, *chain):
    import keras

    made = keras.Sequential([keras.Input(shape), *chain])
    made(np.zeros((1, *shape), np.float32))
    return made


def models():
    """Yield each form with its name."""
    from keras import layers

    yield "relu_softmax", model((4,), dense(3, "relu"), dense(2, "softmax"))
    yield "tanh_sigmoid", model((4,), dense(3, "tanh"), layers.Dropout(0.5), dense(1, "sigmoid"))
    yield "no_bias", model((4,), dense(3, "sigmoid", use_bias=False), dense(2, use_bias=False))
    yield (
        "flatten_log_softmax",
        model((2, 2), layers.Flatten(), dense(3, "softplus"), dense(2, "log_softmax")),
    )
    yield (
        "rescaling",
        model((2, 2, 1), layers.Rescaling(1 / 255, -0.5), layers.Flatten(), dense(3, "relu"), dense(2)),
    )
    normalization = layers.BatchNormalization(
        beta_initializer="random_normal", moving_mean_initializer="random_normal"
    )
    yield "batch_normalization", model((4,), dense(3), normalization, layers.Activation("relu"), dense(2))


def write(name, data):
    loaded = onnx.load_from_string(data)
    for node in loaded.graph.node:
        node.doc_string = ""
    del loaded.graph.value_info[:]
    (FOLDER / f"{name}.onnx").write_bytes(loaded.SerializeToString())


def tf2onnx_model(made, opset):
    import tensorflow as tf
    import tf2onnx

    signature = [tf.TensorSpec([None, *made.input_shape[1:]], tf.float32, name="x")]
    function = tf.function(lambda x: made(x), input_signature=signature)
    return tf2onnx.convert.from_function(function, input_signature=signature, opset=opset)[0]


def main(backend):
    import keras

    FOLDER.mkdir(exist_ok=True)
    keras.utils.set_random_seed(0)
    for name, made in models():
        path = FOLDER / "export.onnx"
        made.export(path, format="onnx", verbose=False)
        write(f"keras_{backend}_{name}", path.read_bytes())
        path.unlink()
        if backend == "tensorflow":
            for opset in (9, 13, 18):
                write(f"tf2onnx_{opset}_{name}", tf2onnx_model(made, opset).SerializeToString())


if __name__ == "__main__":
    main(os.environ["KERAS_BACKEND"])
