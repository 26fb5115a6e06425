"""`python -m lvs.agent --config FILE`: the agent of one director."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from lvs.agent.config import DEFAULT_FILE, Config, ConfigError, load_config
from lvs.agent.errands import Errands
from lvs.agent.facts import agent_version
from lvs.agent.memory import Memory
from lvs.agent.orders import Orders
from lvs.agent.reporter import Reporter
from lvs.agent.sampling import SamplePublisher
from lvs.agent.watcher import Watcher
from lvs.agent.worker import ERRAND, ORDER, make_app, run_worker, stop_on_signals
from lvs.state import StateFolder

logger = logging.getLogger("lvs.agent")

BAD_CONFIG = 2
FLUSH_SECONDS = 1.0
"""How long a stopping agent may take to send its last reports."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM. Returns the exit status: 0, or 2 for a bad configuration."""
    parser = argparse.ArgumentParser(prog="python -m lvs.agent", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(DEFAULT_FILE), metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        config = load_config(options.config)
    except ConfigError as error:
        sys.stderr.write(f"lvs.agent: {error}\n")
        return BAD_CONFIG
    _set_up_logging()
    return serve(config)


def serve(config: Config) -> int:
    """Start the agent's threads and its worker, and end them together."""
    stop_on_signals()
    logger.info("agent %s of %s (%s)", agent_version(), config.name, config.director)
    state = StateFolder(config.state_dir)
    memory = Memory(config.state_dir)
    reporter = Reporter(config.director, config.redis_url, memory)
    watcher = Watcher(config.director, state, memory, reporter)
    sampler = SamplePublisher(config.director, config.redis_url, config.sample_interval)
    orders = Orders(config.director, config.console_keys, state, memory, reporter, watcher)
    errands = Errands(config.director, config.console_keys, state, reporter)
    threads = (reporter, watcher, sampler)
    for thread in threads:
        thread.start()
    try:
        return run_worker(make_app(config, {ORDER: orders.receive, ERRAND: errands.receive}))
    finally:
        watcher.stop()
        sampler.stop()
        reporter.stop(FLUSH_SECONDS)
        logger.info("stopped")


def _set_up_logging() -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    for chatty in ("celery", "kombu", "pyroute2", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("celery.worker.consumer").setLevel(
        logging.ERROR
    )  # our consumer says it itself


if __name__ == "__main__":
    sys.exit(main())
