"""Model files: networks in and out of other formats.

The package must not depend on `Network`. The package reads and writes `Weights`.

tensors.py         named arrays, and safetensors files
json_documents.py  JSON documents
torch_reader.py    the layers of a PyTorch model
pytorch.py         PyTorch models, state_dicts and .pt files
model_files.py     one function to save and one to load, by file extension
onnx/              ONNX models
programs/          networks as programs in C, Python and JavaScript
"""
