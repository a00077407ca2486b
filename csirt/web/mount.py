"""Applications beside the site, by the beginning of the path."""

from collections.abc import Mapping

from csirt.web.lifespan import App, Receive, Scope, Send


class Mount:
    """Gives ``/taxii2`` and all below it to its own application."""

    def __init__(self, apps: Mapping[str, App], *, otherwise: App) -> None:
        self.apps, self.otherwise = apps, otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        for prefix, app in self.apps.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                await app(scope, receive, send)
                return
        await self.otherwise(scope, receive, send)
