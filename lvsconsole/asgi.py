"""The web process: HTTP by Django, WebSockets by Channels. Run it with uvicorn."""

import os

from channels.auth import AuthMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import CookieMiddleware, SessionMiddleware
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvsconsole.settings")
django_application = get_asgi_application()

from apps.web.routing import websocket_urlpatterns  # noqa: E402  (needs the apps loaded)
from apps.web.texts import LiveTextsMiddleware  # noqa: E402
from lvsconsole.patience import wait_for_locks_no_longer  # noqa: E402

wait_for_locks_no_longer()

live = URLRouter(websocket_urlpatterns)

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(
            CookieMiddleware(LiveTextsMiddleware(SessionMiddleware(AuthMiddleware(live))))
        ),
    }
)
