"""What the command that serves practice orgs can be told."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
VENDORS = ("salesforce", "hubspot")


def _also(text: str) -> tuple[str, str, list[str]]:
    """``VENDOR:NAME[=HOST,…]`` in parts. Raises ValueError, which the parser of the command line reports."""
    org, _, hosts = text.partition("=")
    vendor, _, name = org.partition(":")
    if vendor not in VENDORS or not name:
        raise ValueError(text)
    return vendor, name, _names(hosts)


def _names(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; exits with 2 and a message if it is not usable."""
    parser = argparse.ArgumentParser(
        prog="python -m awase_practice.server", description="Serve a practice org."
    )
    parser.add_argument("--vendor", required=True, choices=VENDORS)
    parser.add_argument("--org", required=True, help="a name; the same name gives the same org id")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--snapshot", type=Path, help="read at the start if it is there, written at the end")
    parser.add_argument("--listen", default=LOOPBACK)
    parser.add_argument(
        "--listen-anywhere", action="store_true", help="allow --listen other than this machine"
    )
    parser.add_argument("--hosts", type=_names, default=[], help="names of the org, besides the vendor's own")
    parser.add_argument(
        "--also",
        type=_also,
        action="append",
        default=[],
        metavar="VENDOR:NAME[=HOST,...]",
        help="another org",
    )
    parser.add_argument("--project", type=Path, help="a Salesforce org is set up as this SFDX project says")
    parser.add_argument("--tls", type=Path, metavar="FOLDER", help="https too; the authority is kept there")
    parser.add_argument("--tls-port", type=int, default=0)
    parser.add_argument("--until-stdin-closes", action="store_true")
    options = parser.parse_args(arguments)
    if options.project and options.vendor != "salesforce":
        parser.error("--project is for Salesforce orgs")
    if options.listen != LOOPBACK and not options.listen_anywhere:
        parser.error("a practice org listens on this machine only, unless --listen-anywhere is given")
    return options
