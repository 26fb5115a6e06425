"""Several acts at once, each in a thread with a database connection of its own."""

import threading
import time

from django.db import connection, transaction

PATIENCE = 30.0


def at_once(behind, *acts):
    """Run the acts in parallel; what each returned, or the exception that it raised.

    `behind`: a queryset whose rows are locked until all acts have begun, so that they really meet.
    """
    outcomes = [None] * len(acts)
    begun = threading.Barrier(len(acts) + 1)

    def run(index, act):
        begun.wait(PATIENCE)
        try:
            outcomes[index] = act()
        except Exception as error:
            outcomes[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(acts)]
    with transaction.atomic():
        assert list(behind.select_for_update())
        for thread in threads:
            thread.start()
        begun.wait(PATIENCE)
        time.sleep(0.15)  # each comes to where it must wait
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "an act hangs"
    return outcomes


def refusals(outcomes):
    """The exceptions among the outcomes."""
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]
