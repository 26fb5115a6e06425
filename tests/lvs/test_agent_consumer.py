"""What the patient consumer says, for a director's worker and for the console's."""

from types import SimpleNamespace

import pytest

from lvs.agent.consumer import PatientConsumer


def consumer_of(app):
    consumer = object.__new__(PatientConsumer)
    consumer.app = app
    return consumer


@pytest.mark.parametrize(
    ("app", "wares"),
    [(SimpleNamespace(refuse=print), "orders"), (SimpleNamespace(), "tasks")],
)
def test_only_a_director_waits_for_orders(app, wares, caplog):
    consumer_of(app).on_connection_error_before_connected(OSError("refused"))
    assert f"can't take {wares} from Redis: refused" in caplog.text
