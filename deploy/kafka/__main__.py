"""`python -m deploy.kafka`: one broker or three here until Ctrl-C, with the topics, and the command that uses them."""

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path

from chassis.errors import ThroughlineError
from chassis.transports.access import access_of_contracts
from cli import bus
from deploy.kafka.brokers import Brokers, KafkaNotStarted

BETWEEN_PORTS = 10
LAST_PORT = 65535 - 2 * BETWEEN_PORTS
"""The third broker's port is two steps further."""


def main() -> int:
    """Start, print the address and wait; 2 with one sentence when something must be mended first."""
    wished = _arguments()
    ports = None if wished.port is None else [wished.port + BETWEEN_PORTS * index for index in range(wished.brokers)]
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    began = time.monotonic()
    try:
        print(f"Starting Apache Kafka with {wished.brokers} broker{'s' if wished.brokers > 1 else ''}.", flush=True)
        with Brokers(wished.state, wished.brokers, ports) as brokers:
            # The users come with `throughline up`: their passwords are the installation's, which we are not.
            asyncio.run(bus.prepare(brokers.admin_url, {}))
            print(
                f"The {len(access_of_contracts())} topics of the contracts are there, and who may read and write each."
            )
            print(f"Ready after {time.monotonic() - began:.1f} seconds; the data are in {wished.state}.")
            print(f"  throughline up --bus {brokers.admin_url}", flush=True)
            print("Where others can list processes, give name:password as THROUGHLINE_BUS_ADMIN, not in the address.")
            print("Ctrl-C stops it; the data are kept.", flush=True)
            while brokers.pids():
                ended = brokers.ended()
                if ended:
                    raise KafkaNotStarted(ended)
                time.sleep(1)
    except KeyboardInterrupt:
        print("Stopped; the data are kept.")
    except ThroughlineError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.kafka", description=__doc__)
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1)
    parser.add_argument("--state", type=Path, default=Path(".throughline-kafka"), help="where the data are kept")
    parser.add_argument("--port", type=_port, help="the first broker's port for clients; free ones by default")
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is not a port between 1 and {LAST_PORT}")
    return int(text)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
