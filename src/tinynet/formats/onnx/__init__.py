"""ONNX models.

The reader must not depend on the form that the writer gives a model: it also reads the models of other programs.

writer.py           a network as an ONNX model
table_nodes.py      the nodes of a table: encoding, scaling and units
reader.py           the network of an ONNX model
model.py            the parts of a model: its nodes, its constants, its input and its output
external.py         the numbers of a model that are in other files
node.py             one node of a graph: its operator, its inputs and its attributes
arrays.py           the numbers of the tensors in a model
inputs.py           the inputs of a node: rows and constants
constants.py        nodes whose inputs are constants, computed
rows.py             the numbers of each example at one place of a graph, as layers
layer_operators.py  the operators that add a layer or change its numbers
shape_operators.py  the operators that change the shape or the precision of the rows
operators.py        the table of the operators that are read
"""
