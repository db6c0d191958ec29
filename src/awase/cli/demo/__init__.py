"""``awase demo``: both practice orgs, a day in their life, and the proof that they agree at the end."""

from awase.cli.demo.command import add_to as add_to
