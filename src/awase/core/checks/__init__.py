"""Preflight: what the target would refuse, found before a call is spent.

One module a family. Each yields ``Check`` values: an expression over the frame of outgoing records that is true where
the rule is broken, with its certainty. Only *certain* checks hold a record. All families run, although a vendor's
refusals hide one another.
"""

from awase.core.checks.check import Finding as Finding
from awase.core.checks.preflight import asked_of_parents as asked_of_parents
from awase.core.checks.preflight import duplicates as duplicates
from awase.core.checks.preflight import findings as findings
from awase.core.checks.preflight import target_of as target_of
from awase.core.checks.target import Target as Target
