"""HTTP functions from outside."""

import socket
from collections.abc import Iterator

from tests.local.host.conftest import NewHost
from tests.local.host.process import HostProcess, wait_for

LIMIT = 104_857_600  # [bytes] of a body that the real host takes


def test_a_function_sees_the_whole_request(host: HostProcess) -> None:
    response = host.client.post(
        "/echo/7/a%20b?q=1&q=2&empty=",
        content=b"12345",
        headers=[("X-Test", "a"), ("X-Test", "b"), ("traceparent", "00-1-2-00")],
    )
    assert response.status_code == 201
    assert response.headers["content-type"] == "application/json"
    seen = response.json()
    assert seen["invocation"] == seen["local"]
    assert {key: seen[key] for key in seen if key not in ("invocation", "local")} == {
        "method": "POST",
        "url": f"{host.url}/echo/7/a%20b?q=1&q=2&empty=",
        "params": {"q": "1,2", "empty": ""},
        "route": {"id": "7", "rest": "a b"},
        "x": "a,b",
        "size": 5,
        "function": "echo",
        "trace": "00-1-2-00",
    }


def test_a_chunked_body_arrives_whole(host: HostProcess) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(50):
            yield b"x" * 1000

    assert host.client.post("/echo/1", content=chunks()).json()["size"] == 50_000


def test_an_unhandled_exception_is_an_empty_500_and_a_traceback_of_the_app(
    host: HostProcess,
) -> None:
    response = host.client.get("/fail")
    assert (response.status_code, response.content) == (500, b"")
    log = wait_for(
        lambda: host.log.read_text().partition("Executed 'Functions.fail' (Failed")[2], "the log"
    )
    traceback = log.partition("\n")[2].partition("\n[")[0]
    assert "the app's own fault" in traceback
    assert "sample_app" in traceback
    assert "invoke.py" not in traceback


def test_paths_and_methods_that_no_function_has_are_404(host: HostProcess) -> None:
    for method, path in (("DELETE", "/fail"), ("OPTIONS", "/fail"), ("HEAD", "/fail"),
                         ("POST", "/no/such"), ("POST", "/echo/word"),
                         ("GET", "/admin/nothing"), ("GET", "/runtime/nothing")):  # fmt: skip
        response = host.client.request(method, path)
        assert (response.status_code, response.content) == (404, b""), (method, path)


def test_routes_are_tried_in_the_order_of_the_functions_names(host: HostProcess) -> None:
    assert host.client.get("/later").text == "seven!!"  # and not {*path}
    assert host.client.get("/no/such%2Fpath").text == "else:no/such%2Fpath"


def test_head_has_the_headers_and_no_body(host: HostProcess) -> None:
    response = host.client.head("/later")
    assert response.status_code == 200
    assert response.content == b""
    assert response.headers["content-length"] == "7"
    assert response.headers["x-answer"] == "42"


def test_every_cookie_is_sent(host: HostProcess) -> None:
    response = host.client.get("/cookies")
    assert response.status_code == 204
    assert response.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2; HttpOnly"]


def test_the_body_limit(host: HostProcess) -> None:
    assert host.client.post("/echo/1", content=bytes(LIMIT)).json()["size"] == LIMIT
    with socket.create_connection(("127.0.0.1", int(host.url.rpartition(":")[2]))) as connection:
        head = f"POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT + 1}\r\n\r\n"
        connection.sendall(head.encode())  # answered from the header, before the body
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_the_limit_can_be_set_and_holds_for_chunked_bodies(new_host: NewHost) -> None:
    host = new_host(FUNCTIONS_REQUEST_BODY_SIZE_LIMIT="1000")
    host.start()
    assert host.client.post("/echo/1", content=iter([b"x" * 500] * 2)).json()["size"] == 1000
    assert host.client.post("/echo/1", content=iter([b"x" * 500] * 3)).status_code == 413


def test_the_log_has_both_lines_of_a_call_and_what_the_app_says(host: HostProcess) -> None:
    host.client.post("/send", content=b"for the log").raise_for_status()
    log = wait_for(lambda: _ends(host.log.read_text(), "Executed 'Functions.send'"), "the log")
    assert (
        "Executing 'Functions.send' (Reason='This function was programmatically called via the "
        "host APIs.', Id=" in log
    )
    assert "said by the app" in log
    assert "(Succeeded, Id=" in log


def test_status(host: HostProcess) -> None:
    status = host.client.get("/admin/host/status").json()
    assert status["state"] == "Running"
    assert status["id"] == host.id
    assert host.client.get("/admin/host/ping").status_code == 200


def _ends(text: str, mark: str) -> str:
    return text if mark in text else ""
