"""The web server of the laboratory.

The server must not write to disk.

answers.py     answers as bytes, and error responses
middleware.py  allowed hosts, origins and tokens, size limits and security headers
jobs.py        worker threads, with a queue; equal requests share one job
routes.py      the requests, and their documented answers
app.py         the application: error responses, and jobs that report their progress
protocol.py    connections with time limits
network.py     the port, the address for other machines, and the token
serve.py       the server process
"""
