"""ONNX models.

The reader must not depend on the form that the writer gives a model: it also reads the models of other programs.

table_nodes.py  the nodes of a table: encoding, scaling and units
writer.py       a network as an ONNX model
reader.py       the network of an ONNX model
"""
