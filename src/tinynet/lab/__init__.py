"""The laboratory behind the page: one set of requests for server, notebook and offline file.

It must not compute what the library does not.

api/       requests and their answers
page/      the offline HTML file
notebook/  the notebook widget
http/      the web server
"""
