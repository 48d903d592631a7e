"""Networks that you can call, train and save, and single training steps.

The package must not know recordings or populations.

display.py  notebook display of networks and recordings
network.py  a network: call it, save it, load it
moment.py   one training step, with every number
losses.py   the mean loss of one or many networks
"""
