"""The laboratory: one set of requests for the server, the notebook and the offline file.

The package must not compute anything that the library does not compute.

api/       requests and their results
page/      the offline HTML file
notebook/  the notebook widget
http/      the web server
"""
