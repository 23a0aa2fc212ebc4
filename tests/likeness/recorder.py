"""A shop on 127.0.0.1 that answers what a case says, and keeps what it is asked. Standard library only."""
import dataclasses
import socket
import threading

SECONDS = 20


@dataclasses.dataclass
class Request:
    """A request as it came over the wire."""
    method: str
    target: str
    headers: list  # of pairs, in their order, as they are written
    body: bytes

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name), None)


class Closing(bytes):
    """An answer behind which the connection closes."""


class Stalling(bytes):
    """An answer behind which nothing comes, until the client hangs up."""


class Recorder:
    """`answer(request)` returns the bytes of an answer; None closes the connection."""

    def __init__(self, answer):
        self.answer = answer
        self.server = socket.create_server(("127.0.0.1", 0), backlog=128)
        port = self.server.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % port
        # The same port of ::1 as well, where the machine has it and it is free.
        try:
            self.other = socket.create_server(("::1", port), family=socket.AF_INET6, backlog=128)
        except OSError:
            self.other = None
        for server in filter(None, (self.server, self.other)):
            threading.Thread(target=self.accept, args=(server,), daemon=True).start()

    def accept(self, server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            connection.settimeout(SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pending = b""
            try:
                while True:
                    while b"\r\n\r\n" not in pending:
                        more = connection.recv(1 << 16)
                        if not more:
                            return
                        pending += more
                    head, _, pending = pending.partition(b"\r\n\r\n")
                    first, *lines = head.decode("latin-1").split("\r\n")
                    method, target, _ = first.split(" ", 2)
                    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
                    request = Request(method, target, headers, b"")
                    length = int(request.header("content-length") or 0)
                    while len(pending) < length:
                        more = connection.recv(1 << 16)
                        if not more:
                            return
                        pending += more
                    request.body, pending = pending[:length], pending[length:]
                    answer = self.answer(request)
                    if answer is None:
                        return
                    connection.sendall(answer)
                    if isinstance(answer, Stalling):
                        connection.recv(1)
                    if isinstance(answer, (Closing, Stalling)):
                        return
            except (OSError, ValueError):
                return

    def close(self):
        for server in filter(None, (self.server, self.other)):
            server.close()


def answer(body=b"", status="200 OK", headers=()):
    """The bytes of an answer."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
    if not status.startswith("204"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
