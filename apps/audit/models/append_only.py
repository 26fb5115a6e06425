"""What is written once: never changed, never deleted. The database refuses it too, by triggers."""

from typing import Any, NoReturn, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class WrittenOnce(models.QuerySet[Row]):
    """Rows in bulk, which are never changed or deleted either."""

    def update(self, **fields: Any) -> NoReturn:
        """Raises TypeError: audit records are never changed."""
        raise TypeError("audit records are never changed")

    def delete(self) -> NoReturn:
        """Raises TypeError: audit records are never deleted."""
        raise TypeError("audit records are never deleted")

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        """Write new records. Raises TypeError when that could overwrite others."""
        if options.get("update_conflicts"):
            raise TypeError("audit records are never changed")
        return super().bulk_create(objs, *args, **options)


class AppendOnly(models.Model):
    """A row that is written once."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new row. Raises TypeError on one that is already stored."""
        if self.pk is not None:
            raise TypeError("an audit record is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises TypeError: an audit record is never deleted."""
        raise TypeError("an audit record is never deleted")
