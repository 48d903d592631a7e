"""ONNX models.

The reader must not depend on the form that the writer gives a model: it also reads the models of other programs.

writer.py  a network as an ONNX model
reader.py  the network of an ONNX model
"""
