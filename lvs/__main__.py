"""`python -m lvs`: see `lvs.cli`."""

import sys

from lvs.cli import main

if __name__ == "__main__":
    sys.exit(main())
