"""The status page and ``/healthz``: read-only, on this machine's own address alone until there is a sign-in."""

from awase.server.serving import PORT as PORT
from awase.server.serving import loopback_address as loopback_address
from awase.server.serving import serve_until_stopped as serve_until_stopped
from awase.server.serving import serving as serving
