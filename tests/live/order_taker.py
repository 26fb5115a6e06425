"""An agent's worker whose orders take a while and leave a line each."""

import sys
import time
from pathlib import Path

from lvs.agent.config import Config
from lvs.agent.worker import ORDER, make_app, run_worker

DIRECTOR = "11111111-2222-3333-4444-555555555555"


def receive(envelope: str) -> None:
    print(envelope, flush=True)
    time.sleep(1)


if __name__ == "__main__":
    config = Config(DIRECTOR, "lb", sys.argv[1], {}, Path("unused"), 1.0)
    sys.exit(run_worker(make_app(config, {ORDER: receive})))
