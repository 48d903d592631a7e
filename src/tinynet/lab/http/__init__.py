"""The web server of the laboratory.

The server must not write to disk.

middleware.py  allowed hosts and origins, size limits and security headers
jobs.py        worker threads for long jobs
app.py         the routes
serve.py       the server process
"""
