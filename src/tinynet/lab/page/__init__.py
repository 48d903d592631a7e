"""The laboratory as one HTML file.

The file must not make a network request.

payload.py  the sheets, initial parameters and recordings in the file
offline.py  the file
"""
