"""What a sink says when it could not take lines."""


class SinkDown(Exception):
    """The lines may not have arrived; the text says why, without secrets."""
