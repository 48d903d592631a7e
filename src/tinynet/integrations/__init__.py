"""TinyNet inside other libraries.

The rest of TinyNet must not depend on this package.

sklearn.py    a scikit-learn classifier
torch_watch/  recordings of PyTorch training loops
"""
