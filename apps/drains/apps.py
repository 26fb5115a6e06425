from django.apps import AppConfig


class DrainsConfig(AppConfig):
    name = "apps.drains"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.drains import receivers  # noqa: F401  (connects them)
