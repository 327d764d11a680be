"""`python -m loopless`."""

import sys

from loopless.cli import main

sys.exit(main())
