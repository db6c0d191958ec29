"""``awase doctor``: the configuration held against what both systems demand; without a database and without a network."""

from awase.cli.doctor.verb import add_to as add_to
