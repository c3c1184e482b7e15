"""Has the program of the guide respond to each line of the input, which is a token."""

import json
import runpy
import sys

respond = runpy.run_path(sys.argv[1])["respond"]
for line in sys.stdin:
    print(json.dumps(respond(line.strip())), flush=True)
