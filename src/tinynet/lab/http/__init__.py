"""The web server of the laboratory.

It must not keep anything on disk.

middleware.py  allowed hosts and origins, size limits and security headers
jobs.py        worker threads for long jobs
app.py         the routes, and the server
"""
