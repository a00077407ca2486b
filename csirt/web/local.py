"""The demonstration, an exercise and the tests answer this machine alone, whatever address the server listens on.

Their keys are known or lie about, and the second factor may be optional there: a Host header, which
the visitor writes, must not be all that stands before them.
"""

from ipaddress import ip_address

from csirt.web.lifespan import App, Receive, Scope, Send

_SAYS = b"This desk is made up. It answers on this machine only.\n"


class LocalOnly:
    """Refuses whoever does not come from a loopback address: 403, before anything is read."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_local(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": _SAYS})


def _is_local(scope: Scope) -> bool:
    peer = scope.get("client") or ("", 0)
    try:
        return ip_address(peer[0]).is_loopback
    except ValueError:
        return False
