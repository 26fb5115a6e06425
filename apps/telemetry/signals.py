"""What the apps above may need to know, in the same transaction."""

from django.dispatch import Signal

observed = Signal()
"""A director (`director`) told what its kernel holds, changed or not, at `seen_at` by our clock."""
