"""How the server reaches the desk: HTTP, the console's socket, TAXII beside the site, lifespan."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csirt.settings")

from django.core.asgi import get_asgi_application

site: Any = get_asgi_application()  # before anything that imports a model

from asgiref.sync import sync_to_async
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from channels.sessions import SessionMiddlewareStack
from django.conf import settings
from django.urls import path

from api.taxii.asgi import taxii
from csirt.directory import reference
from csirt.journal import tailer
from csirt.management.startup import refuse_if_unsafe
from csirt.postgresql import Connection
from csirt.web.body import BodyLimit
from csirt.web.lifespan import Lifespan
from csirt.web.local import LocalOnly
from csirt.web.mount import Mount
from csirt.web.streaming import Streaming
from incidents.live.consumer import Console

Connection.longest = 8  # seconds: then a person is told, whatever the database does
files: Any = Streaming()  # as they arrive, never spooled

desk: Any = ProtocolTypeRouter(
    {
        "http": Mount(
            {"/taxii2": taxii, "/suivi/fichiers": files},
            otherwise=BodyLimit(site, settings.BODY_LIMIT, settings.BODY_SECONDS),
        ),
        "websocket": OriginValidator(
            SessionMiddlewareStack(URLRouter([path("ws/console/", Console.as_asgi())])),
            settings.ORIGINS,
        ),
    }
)

application = Lifespan(
    LocalOnly(desk) if settings.LOCAL else desk,
    start=[
        sync_to_async(refuse_if_unsafe),
        sync_to_async(reference.current),  # else each of the first requests would read the files
        tailer.ensure,
        taxii.startup,
    ],
    stop=[taxii.shutdown, tailer.stop],
)
