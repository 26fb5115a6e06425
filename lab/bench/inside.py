"""`python -m lab.bench.inside ROUNDS`: measure on the lab's director, print the figures as JSON."""

import json
import sys

from lab.bench.works import measure

if __name__ == "__main__":
    timed = measure(int(sys.argv[1]))
    json.dump([work._asdict() for work in timed], sys.stdout)
