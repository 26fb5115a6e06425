"""Where the log is sent outside, and how far that has come."""

from django.db import models


class AuditSink(models.Model):
    """A place outside that gets the log. Another target is another sink, and begins at the beginning."""

    kind = models.CharField(max_length=8)  # file, syslog or webhook
    target = models.CharField(max_length=64)  # SHA-256 of the address: it may hold a secret
    position = models.BigIntegerField(default=0)  # the last link that it took
    hash = models.CharField(max_length=64, blank=True)  # of that link
    seal = models.BigIntegerField(default=0)  # the position of the last seal that it took
    failures = models.PositiveIntegerField(default=0)  # in a row
    retry_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "target"], name="one_sink_a_target")]

    def __str__(self) -> str:
        return f"{self.kind} up to {self.position}"
