"""Makes one call: ``{"url", "body"}`` on standard input; prints the answer. Runs inside a world of its own."""

import json
import sys
import urllib.request

asked = json.load(sys.stdin)
body = None if asked["body"] is None else json.dumps(asked["body"]).encode()
with urllib.request.urlopen(urllib.request.Request(asked["url"], body), timeout=60) as answer:  # noqa: S310
    print(answer.read().decode())
