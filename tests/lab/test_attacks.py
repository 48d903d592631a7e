"""Attacks on the server, as bytes on a connection. Every answer must be a documented JSON error with all headers."""

import asyncio
import json
import re
import socket
import time
from contextlib import closing

import httpx
import pytest

import laboratory
import tinynet as tn
from tinynet.lab.http import app as server
from tinynet.lab.http import middleware, network, protocol
from tinynet.lab.http.middleware import HEADERS

JSON = "Content-Type: application/json"
SHEET = json.dumps({"architecture": {"sizes": [4, 3, 2]}, "recipe": {}})
TOKEN = "a-token-of-the-class"


@pytest.fixture(scope="module")
def address():
    with laboratory.running_server() as found:
        yield found


@pytest.fixture
def hasty(monkeypatch):
    """Shorten all time limits of connections."""
    monkeypatch.setattr(middleware, "MAX_BODY_SECONDS", 0.3)
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(protocol, "WRITE_SECONDS", 0.3)


def connect(address):
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    connection = socket.create_connection((host, int(port)))
    connection.settimeout(20)
    return connection


def all_bytes(connection):
    received = b""
    while part := connection.recv(65_536):
        received += part
    return received


def exchange(address, sent):
    """Send bytes, and return the status, the headers and the body of the first response."""
    with closing(connect(address)) as connection:
        connection.sendall(sent)
        head, _, body = all_bytes(connection).partition(b"\r\n\r\n")
    status, *headers = head.decode("latin-1").split("\r\n")
    return int(status.split()[1]), httpx.Headers([line.split(": ", 1) for line in headers]), body


def request(address, *headers, method="GET", path="/api/about", body="", host=None):
    host = address.removeprefix("http://").rstrip("/") if host is None else host
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body.encode('latin-1'))}")
    return ("\r\n".join([*lines, "Connection: close", "", ""]) + body).encode("latin-1")


def assert_refused(found, *statuses):
    status, headers, body = found
    assert status in statuses
    assert headers["content-type"] == "application/json"
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert set(json.loads(body)) >= {"error"}


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "user@127.0.0.1:{port}", "127.0.0.1:{port}/x",
     "127.0.0.1:{port}?", "127.0.0.1:{port}#", "127.0.0.1:port", "127.0.0.1:99999", "127.0.0.1:", "[::1", "]", "[zz]", "[::1]x",
     "127.0.0.1 evil.example", "localhost.", "0x7f.1", "2130706433", "169.254.169.254", "\xe9", "127.0.0.1:\xb2"],
)  # fmt: skip
def test_dns_rebinding_and_malformed_hosts_are_refused(address, host):
    port = address.rstrip("/").rpartition(":")[2]
    assert_refused(exchange(address, request(address, host=host.format(port=port))), 403, 400)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1234", "LOCALHOST", "[::1]:8765"])
def test_local_hosts_are_allowed(address, host):
    assert exchange(address, request(address, host=host))[0] == 200


@pytest.mark.parametrize("path", ["/api/about", "/api/about?x=1", "", "?x=1", "/%61pi/about"])
@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_a_target_that_is_a_whole_address_is_allowed(address, scheme, path):
    own = address.removeprefix("http://").rstrip("/")
    status, headers, body = exchange(address, request(address, path=f"{scheme}://{own}{path}"))
    assert status == 200
    expected = exchange(address, request(address, path=path if path.startswith("/") else f"/{path}"))
    assert (headers["content-type"], body) == (expected[1]["content-type"], expected[2])


def test_a_target_that_is_a_whole_address_can_send_a_body(address):
    target = f"{address}api/sheet"
    for origin in (f"Origin: {address.rstrip('/')}", "X: y"):
        sent = request(address, origin, JSON, method="POST", path=target, body=SHEET)
        assert exchange(address, sent)[0] == 200
    sent = request(address, "Origin: http://127.0.0.1:1", JSON, method="POST", path=target, body=SHEET)
    assert_refused(exchange(address, sent), 403)


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("http://evil.example/api/about", None),
        ("http://evil.example/api/about", "evil.example"),
        ("http://127.0.0.1/api/about", "evil.example"),
        ("http:///api/about", None),
        ("http://user@127.0.0.1/api/about", None),
        ("http://127.0.0.1%2Fevil.example/api/about", None),
        ("http://127.0.0.1:99999/api/about", None),
    ],
)
def test_both_hosts_of_a_whole_address_are_checked(address, target, host):
    found = exchange(address, request(address, path=target, host=host))
    assert_refused(found, 403)
    assert json.loads(found[2])["error"].startswith("the request is for the host ")


@pytest.mark.parametrize(
    "target", ["https://127.0.0.1/api/about", "ftp://127.0.0.1/", "127.0.0.1", "http:/127.0.0.1/"]
)
def test_other_targets_have_no_path(address, target):
    assert_refused(exchange(address, request(address, path=target)), 404, 400)


def test_a_long_text_of_a_request_is_shortened_in_the_error(address):
    long = "x" * 5000
    errors = {
        f"the laboratory has no GET /{'x' * 75}…. The requests are listed in /api/openapi.json.": request(address, path=f"/{long}"),
        f"the request is for the host '{'x' * 80}…'. Open the laboratory at the address that it printed.": request(address, host=long),
        f"the request comes from '{'x' * 80}…'. Only the laboratory's own page may send requests.": request(address, f"Origin: {long}"),
        f"the Content-Type is '{'x' * 80}…'. It must be application/json.": request(
            address, f"Content-Type: {long}", method="POST", path="/api/sheet", body=SHEET
        ),
    }  # fmt: skip
    for error, sent in errors.items():
        found = exchange(address, sent)
        assert_refused(found, 400, 403, 404)
        assert json.loads(found[2])["error"] == error


def test_the_answer_to_bytes_that_are_not_http_has_a_reason(address):
    with closing(connect(address)) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert all_bytes(connection).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_the_answer_to_slow_headers_has_a_reason(address, hasty):
    with closing(connect(address)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        assert all_bytes(connection).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


@pytest.mark.parametrize(
    "header",
    ["Origin: http://evil.example", "Origin: null", "Origin: http://[", "Origin: https://{own}", "Origin: http://127.0.0.1:1",
     "Origin: http://{own}/", "Origin: {own}", "Origin: http://user@{own}", "Sec-Fetch-Site: cross-site",
     "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: x"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_requests_of_other_pages_are_refused(address, method, header):
    own = address.removeprefix("http://").rstrip("/")
    path, body = ("/api/about", "") if method == "GET" else ("/api/sheet", SHEET)
    sent = request(address, header.format(own=own), JSON, method=method, path=path, body=body)
    assert_refused(exchange(address, sent), 403)


def test_requests_of_the_own_page_and_links_to_the_page_are_allowed(address):
    own = f"Origin: {address.rstrip('/')}"
    sent = request(
        address, own, "Sec-Fetch-Site: same-origin", JSON, method="POST", path="/api/sheet", body=SHEET
    )
    assert exchange(address, sent)[0] == 200
    link = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"]
    assert exchange(address, request(address, *link, path="/"))[0] == 200
    assert_refused(
        exchange(address, request(address, *link)), 403
    )  # a link to a request is no link to the page
    assert_refused(exchange(address, request(address, *link[:2], "Sec-Fetch-Dest: iframe", path="/")), 403)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_forms_of_other_pages_are_no_json(address, kind):
    sent = request(address, f"Content-Type: {kind}", method="POST", path="/api/sheet", body=SHEET)
    found = exchange(address, sent)
    assert_refused(found, 400)
    assert b"It must be application/json" in found[2]


@pytest.mark.parametrize(
    "sent",
    [b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\0b\r\n\r\n", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX\r\n\r\n",
     b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"],
)  # fmt: skip
def test_bytes_that_are_not_http_are_a_json_error(address, sent):
    assert_refused(exchange(address, sent), 400, 403)


SMUGGLED = b"GET /api/about HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize(
    "headers",
    ["Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
     "Content-Length: 5\r\nContent-Length: 6", "Content-Length: +5", "Content-Length: -5", "Content-Length: 5, 6",
     "Content-Length: 0x5", "Content-Length: 5 5", "Content-Length: " + "9" * 5000, "Transfer-Encoding: gzip",
     "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
     "Transfer-Encoding : chunked"],
)  # fmt: skip
def test_requests_with_an_ambiguous_length_are_refused_and_the_connection_is_closed(address, headers):
    head = f"POST /api/sheet HTTP/1.1\r\nHost: 127.0.0.1\r\n{JSON}\r\n{headers}\r\n\r\n"
    with closing(connect(address)) as connection:
        connection.sendall(head.encode() + b"0\r\n\r\n" + SMUGGLED)
        received = all_bytes(connection)
    assert received.count(b"HTTP/1.1 ") == 1
    assert re.match(rb"HTTP/1.1 (400|413|501) ", received)
    assert b"content-security-policy" in received
    assert b'{"error":' in received


def test_slow_headers_are_ended(address, hasty):
    with closing(connect(address)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert all_bytes(connection).startswith(b"HTTP/1.1 408 ")
    with closing(connect(address)) as connection:  # no byte at all
        assert all_bytes(connection).startswith(b"HTTP/1.1 408 ")
    with closing(connect(address)) as connection:  # the second request of a connection
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET ")
        assert b"HTTP/1.1 408 " in all_bytes(connection)


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 900000",
        "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFF",
        "Transfer-Encoding: chunked",
    ],
)
def test_slow_bodies_and_huge_chunks_are_ended(address, hasty, headers):
    with closing(connect(address)) as connection:
        connection.sendall(f"POST /api/sheet HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n\r\n".encode())
        found = all_bytes(connection)
    assert found.startswith(b"HTTP/1.1 408 ")
    assert b"content-security-policy" in found
    assert b"did not arrive within" in found


def test_a_client_that_does_not_read_is_disconnected(address, hasty):
    body = json.dumps({"architecture": {"sizes": [4, 284, 2]}, "recipe": {}, "batch": 4})  # 10 MB
    sent = request(address, JSON, method="POST", path="/api/sheet", body=body)
    with closing(connect(address)) as connection:
        connection.sendall(sent)
        received = connection.recv(65_536)
        length = int(re.search(rb"content-length: (\d+)", received)[1])
        time.sleep(1.5)
        received += all_bytes(connection)
    assert 0 < len(received) < length


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        ("[" * 500_000, (400,)),
        ('{"a":' * 100_000, (400,)),
        ('{"architecture": {"sizes": [4,3,2]}, "recipe": {"learning_rate": 1' + "0" * 400 + "}}", (400,)),
        ('{"architecture": {"sizes": [4,3,2]}, "recipe": {"epochs": 1' + "0" * 5_000 + "}}", (400,)),
        ('{"architecture": {"sizes": [4,3,2]}, "recipe": {"weight_decay": 1' + "0" * 900_000 + "}}", (400,)),
        ('{"architecture": {"sizes": [4096, 4096, 4096]}, "recipe": {}}', (400,)),
        ('{"architecture": {"sizes": [4,3,2], "\\ud800": 1}, "recipe": {}}', (400,)),
        ('{"architecture": {"sizes": [4,3,2]}, "recipe": {"learning_rate": NaN}}', (400,)),
        ('{"\\u0000": 1}', (400,)),
        ("{" + ",".join(f'"{k}": 1' for k in range(60_000)) + "}", (400,)),
        ("\ufeff{}", (400,)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bombs_are_refused(address, body, statuses):
    sent = httpx.post(
        f"{address}api/sheet", content=body.encode(), headers={"Content-Type": "application/json"}, timeout=60
    )
    assert_refused((sent.status_code, sent.headers, sent.content), *statuses)


def test_compressed_bodies_are_not_decompressed(address):
    sent = request(
        address, JSON, "Content-Encoding: gzip", method="POST", path="/api/sheet", body="\x1f\x8b\x08\0"
    )
    assert_refused(exchange(address, sent), 400)


def test_large_bodies_are_refused_before_and_after_they_arrive(address):
    head = f"POST /api/sheet HTTP/1.1\r\nHost: 127.0.0.1\r\n{JSON}\r\n"
    assert_refused(exchange(address, f"{head}Content-Length: 1000001\r\n\r\n".encode()), 413)
    chunk = b"186A0\r\n" + b" " * 100_000 + b"\r\n"
    assert_refused(
        exchange(address, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + 10 * chunk + b"1\r\n \r\n"),
        413,
    )


@pytest.mark.parametrize(
    "path",
    ["/../../../etc/passwd", "/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2fetc/passwd", "/..%5c..%5cetc", "//etc/passwd",
     "/%00", "/lab.js%00", "/index.html/..", "/" + "a" * 5000, "/%ff%fe", "/api/../../pyproject.toml", "/api/pictures/..%2f..%2fx",
     "/C:/windows/win.ini", "/api", "/api/", "/.git/config", "/__init__.py"],
)  # fmt: skip
def test_paths_outside_the_page_are_not_found(address, path):
    assert_refused(exchange(address, request(address, path=path)), 404, 400)


def test_a_websocket_is_refused(address):
    upgrade = [
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    sent = request(address, *upgrade, path="/api/about").replace(b"Connection: close", b"Connection: Upgrade")
    assert exchange(address, sent.replace(b"Upgrade\r\n\r\n", b"Upgrade, close\r\n\r\n"))[0] != 101
    messages = []

    async def send(message):
        messages.append(message)

    asyncio.run(server.create_app()({"type": "websocket", "path": "/", "headers": []}, None, send))
    assert [message["type"] for message in messages] == ["websocket.close"]


NAME = "</script>\"';=cmd|' /C calc'!A0\r\nX: y\u202e\ud800"


def test_hostile_names_are_only_text(address):
    examples = tn.pictures.lines().to_json() | {"target_names": [NAME, "b"]}
    body = json.dumps(
        {"architecture": {"sizes": [4, 3, 2]}, "recipe": {"epochs": 1}, "examples": examples, "origin": NAME}
    )
    headers = {"Content-Type": "application/json"}
    found = httpx.post(f"{address}api/recording", content=body, headers=headers, timeout=60)
    assert found.status_code in (200, 400)
    assert found.headers.get("content-disposition", "").isascii()
    assert "x" not in found.headers
    table = json.dumps({"name": NAME, "text": f"a,{NAME[:9]},label\n1,=1+1,x\n2,2,y\n", "label": "label"})
    found = httpx.post(f"{address}api/table", content=table, headers=headers, timeout=60)
    assert found.status_code == 400
    assert found.headers["content-type"] == "application/json"


def test_an_unexpected_failure_is_a_json_error_with_all_headers(monkeypatch):
    app = server.create_app()

    @app.get("/api/fails")
    def fails():
        raise RuntimeError("secret")

    app.router.routes.insert(0, app.router.routes.pop())
    with laboratory.running_server(app=app) as address:
        found = exchange(address, request(address, path="/api/fails"))
    assert_refused(found, 500)
    assert b"secret" not in found[2]


@pytest.fixture(scope="module")
def shared():
    """Serve a laboratory with a token."""
    with laboratory.running_server(app=server.create_app("0.0.0.0", TOKEN)) as found:
        yield found


@pytest.mark.parametrize("path", ["/", "/lab.js", "/api/about", "/api/openapi.json", "/nothing"])
@pytest.mark.parametrize(
    "header", ["X: y", "Authorization: Bearer wrong", f"Authorization: Basic {TOKEN}", "Cookie: tinynet-token-{port}=wrong",
               "Cookie: token=" + TOKEN, "Authorization: Bearer \xe9"],
)  # fmt: skip
def test_requests_without_the_token_are_refused(shared, path, header):
    port = shared.rstrip("/").rpartition(":")[2]
    assert_refused(exchange(shared, request(shared, header.replace("{port}", port), path=path)), 401)
    assert_refused(exchange(shared, request(shared, path=f"{path}?token={TOKEN[:-1]}")), 401)


def test_the_token_in_the_address_becomes_a_cookie(shared):
    with httpx.Client(base_url=shared) as client:
        opened = client.get("", params={"token": TOKEN})
        assert opened.status_code == 200
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert client.get("api/about").status_code == 200
        assert "set-cookie" not in client.get("api/about").headers
    assert httpx.get(f"{shared}api/about", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_shared_laboratory_is_open_under_its_addresses_only(shared):
    for host, status in {
        "192.168.1.5:8765": 200,
        socket.gethostname(): 200,
        "[fe80::1]": 200,
        "evil.example": 403,
    }.items():
        sent = request(shared, f"Authorization: Bearer {TOKEN}", host=host)
        assert exchange(shared, sent)[0] == status


def test_only_a_laboratory_for_other_machines_has_a_token():
    assert [network.checked_token(host, None) for host in ("127.0.0.1", "localhost", "::1", "127.1.2.3")] == [
        ""
    ] * 4
    tokens = {network.checked_token(host, None) for host in ("0.0.0.0", "::", "192.168.1.5", "example.org")}
    assert len(tokens) == 4
    assert min(map(len, tokens)) >= 32
    assert network.checked_token("0.0.0.0", "") == ""
    assert network.checked_token("127.0.0.1", TOKEN) == TOKEN


@pytest.mark.parametrize("token", ["short", "with a space", "a;b" * 5, "é" * 10, "a" * 129, "a" * 20 + "\n"])
def test_a_token_with_other_characters_is_an_error(token):
    with pytest.raises(tn.TinyNetError, match="It must be 8 to 128 letters"):
        network.checked_token("0.0.0.0", token)


def test_the_printed_address_can_be_used_by_other_machines():
    first, second = network.addresses("0.0.0.0", 8765, TOKEN)
    assert second == f"http://127.0.0.1:8765/?token={TOKEN}"
    assert first.endswith(f":8765/?token={TOKEN}")
    assert not first.startswith(("http://0.0.0.0", "http://127."))
    assert network.addresses("192.168.1.5", 80, "") == ["http://192.168.1.5:80/"]
