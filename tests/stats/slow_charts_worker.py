"""A process in the place of the one that draws charts: slow to start, and each chart takes the seconds in its title."""

import json
import sys
import time

START_SECONDS = 1.5


def main() -> None:
    """Be ready after a while; answer every line as late as it says."""
    time.sleep(START_SECONDS)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        time.sleep(float(json.loads(line)["title"]))
        sys.stdout.write(json.dumps({"svg": "<svg/>"}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
