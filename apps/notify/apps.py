from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "apps.notify"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.notify import receivers  # noqa: F401  (connects them)
