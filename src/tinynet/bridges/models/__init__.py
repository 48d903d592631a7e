"""A network in and out: PyTorch, ONNX, files, JSON, and code printed from its sheet."""
