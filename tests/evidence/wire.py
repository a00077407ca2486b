"""A victim's browser on the wire: what is sent, and when it stops, is known to the byte."""

import http.client
import re
import socket

from django.conf import settings

from tests.evidence.conftest import PATH, visit

_CSRF = "c" * 32
_BOUNDARY = "----la-frontiere"
PIECE = 1024 * 1024


class Line:
    """Somebody who has given the code of *victim* to a running *desk*."""

    kind = f"multipart/form-data; boundary={_BOUNDARY}"

    def __init__(self, desk, victim):
        self.port = desk.port
        session = visit(victim).cookies[settings.SESSION_COOKIE_NAME].value
        self.cookie = f"csrftoken={_CSRF}; {settings.SESSION_COOKIE_NAME}={session}"

    def around(self, token, name="a.bin"):
        """Return what stands before and after the file's bytes."""
        fields = {"csrfmiddlewaretoken": _CSRF, "envoi": token}
        before = "".join(
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        )
        before += f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="fichier"; '
        before += f'filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
        return before.encode(), f"\r\n--{_BOUNDARY}--\r\n".encode()

    def body(self, content, token, name="a.bin"):
        before, after = self.around(token, name)
        return before + content + after

    def head(self, length, kind):
        size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        return (
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n"
            f"Content-Type: {kind}\r\n{size}\r\n\r\n"
        ).encode()

    def send(self, content, token):
        """Send one whole file; return (status, page)."""
        pieces = (content[at : at + PIECE] for at in range(0, len(content), PIECE))
        return self.stream(pieces, len(content), token)

    def stream(self, pieces, size, token):
        before, after = self.around(token)
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        line.putrequest("POST", PATH)
        for name, value in {
            "Cookie": self.cookie,
            "Content-Type": self.kind,
            "Content-Length": str(len(before) + size + len(after)),
        }.items():
            line.putheader(name, value)
        line.endheaders()
        try:
            line.send(before)
            for piece in pieces:
                line.send(piece)
            line.send(after)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused while we sent: the answer is there
        response = line.getresponse()
        page = response.read().decode()
        line.close()
        return response.status, re.sub("\u00a0", " ", page)

    def cut(self, body, after):
        """Send *after* bytes of *body*, then break the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            line.sendall(self.head(len(body), self.kind))
            line.sendall(body[:after])

    def get(self, path):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        line.request("GET", path, headers={"Cookie": self.cookie})
        return line.getresponse().read().decode()
