"""Says by its exit code whether the service in this container is ready: `python -m deploy.ready`."""

import http.client
import os
import sys

SECONDS = 4.0
PATH = "/health/ready"


def main() -> int:
    """Ask the service on THROUGHLINE_PORT of this container; 0 when it is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["THROUGHLINE_PORT"]), timeout=SECONDS)
    try:
        connection.request("GET", PATH)
        return 0 if connection.getresponse().status == http.client.OK else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
