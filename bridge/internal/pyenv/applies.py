"""Say which markers hold on another machine, as one line of JSON.

Arguments: the directory that pip is in, for its parser; what is different there, as JSON; the markers.
"""

import json
import sys

sys.path.append(sys.argv[1])
from pip._vendor.packaging.markers import Marker  # noqa: E402

MARK = "pyenv-applies:"
there = json.loads(sys.argv[2])
sys.stdout.write("\n" + MARK + json.dumps([Marker(text).evaluate(there) for text in sys.argv[3:]]) + "\n")
