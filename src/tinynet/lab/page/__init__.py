"""The laboratory as one HTML file.

The file must not need a network.

payload.py  the sheets, initial parameters and recordings in the file
offline.py  the file
"""
