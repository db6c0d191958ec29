"""What Awase costs, measured on this machine: ``make bench`` writes ``bench/results.json``."""
