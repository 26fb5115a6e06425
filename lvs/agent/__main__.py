"""`python -m lvs.agent`: the agent of one director, its enrolment, and its unit for systemd."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from lvs.agent import enrol, unit
from lvs.agent.config import DEFAULT_FILE, Config, ConfigError, load_config
from lvs.agent.console_keys import ConsoleKeys
from lvs.agent.errands import Errands
from lvs.agent.facts import agent_version
from lvs.agent.inbox import Inbox, Me
from lvs.agent.memory import Memory
from lvs.agent.orders import Orders
from lvs.agent.privileges import drop_privileges
from lvs.agent.reporter import Reporter
from lvs.agent.sampling import SamplePublisher
from lvs.agent.standing import Standing
from lvs.agent.watcher import Watcher
from lvs.agent.worker import begin_anew, make_app, run_worker, stop_on_signals
from lvs.state import StateFolder

logger = logging.getLogger("lvs.agent")

BAD_CONFIG = 2
FLUSH_SECONDS = 1.0
"""How long a stopping agent may take to send its last reports."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM, or do what the command says. Returns the exit status: 0, 2 for a bad configuration,
    or 3 for one that is another director's by now, and begins anew when it is started again."""
    options = _parser().parse_args(arguments)
    if options.command == "enrol":
        return enrol.main(options)
    if options.command == "unit":
        sys.stdout.write(unit.text())
        return 0
    try:
        config = load_config(options.config)
        drop_privileges(options.config)
    except (ConfigError, OSError) as error:
        sys.stderr.write(f"lvs.agent: {error}\n")
        return BAD_CONFIG
    _set_up_logging()
    return serve(config)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lvs.agent", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(DEFAULT_FILE), metavar="FILE")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="instead of serving")
    enrol.add_arguments(commands.add_parser("enrol", help="make this host a director"))
    commands.add_parser("unit", help="print a unit for systemd")
    return parser


def serve(config: Config) -> int:
    """Start the agent's threads and its worker, and end them together."""
    stop_on_signals()
    logger.info("agent %s of %s (%s)", agent_version(), config.name, config.director)
    state = StateFolder(config.state_dir)
    memory = Memory(config.state_dir)
    standing = Standing(config, begin_anew)
    reporter = Reporter(config, memory, standing)
    keys = ConsoleKeys(config.state_dir, config.console_keys)
    watcher = Watcher(config.director, state, memory, reporter, keys)
    sampler = SamplePublisher(config)
    inbox = Inbox(
        Me(config.director, config.identity),
        keys,
        Orders(config.director, state, memory, reporter, watcher),
        Errands(config.director, state, reporter),
        reporter,
    )
    threads = (reporter, watcher, sampler)
    for thread in threads:
        thread.start()
    try:
        return run_worker(make_app(config, inbox.receive, inbox.refuse, standing))
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
    # Our consumer says it itself: of a task that we refuse Celery asks whether somebody forgot to import it.
    logging.getLogger("celery.worker.consumer").setLevel(logging.CRITICAL)


if __name__ == "__main__":
    sys.exit(main())
