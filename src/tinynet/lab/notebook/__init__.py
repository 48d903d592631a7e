"""The laboratory in a notebook.

The package must not need a server.

snapshot.py  a static picture and table for saved notebooks
messages.py  requests that arrive as widget messages
widget.py    the widget
display.py   the output of a notebook cell
"""
