from django.apps import AppConfig


class ChangesConfig(AppConfig):
    name = "apps.changes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.changes import receivers  # noqa: F401  (connects them)
