"""The laboratory.

The server, the notebook and the offline file use one set of requests.

The package must not compute anything that the library does not compute.

api/       requests and their results
page/      the offline HTML file
notebook/  the notebook widget
http/      the web server
"""
