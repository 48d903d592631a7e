"""TinyNet inside other libraries.

The rest of TinyNet must not depend on this package.

sklearn/      a scikit-learn classifier and regressor
torch_watch/  recordings of PyTorch training loops
"""
