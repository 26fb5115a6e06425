"""WebSocket addresses."""

from django.urls import path

from apps.web.consumers import LiveConsumer

websocket_urlpatterns = [path("ws/live/", LiveConsumer.as_asgi())]
