"""Networks that you can call, train and save.

The package also has single training steps.

The package must not depend on recordings or populations.

display.py  notebook display of networks and recordings
network.py  a network: call it, save it, load it
moment.py   one training step, with every number
losses.py   the mean loss of one or many networks
"""
