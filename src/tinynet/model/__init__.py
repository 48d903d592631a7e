"""Networks as objects to call, train and save, and single training steps.

The package must not know recordings or populations.

display.py  how networks and recordings appear in a notebook
network.py  a network: call it, save it, load it
moment.py   one training step, with every number
losses.py   the loss of many outputs at once
"""
