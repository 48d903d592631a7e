"""The laboratory as one HTML file.

The file must not need a network.

payload.py  the sheets, seeds and recordings inside the file
offline.py  the file
"""
