"""Error types as data: what stands against agreement, what it means, who can end it and how, in two languages."""

from awase.catalogue.entries import Direction as Direction
from awase.catalogue.entries import Entry as Entry
from awase.catalogue.entries import Fix as Fix
from awase.catalogue.entries import categories as categories
from awase.catalogue.entries import category_name as category_name
from awase.catalogue.entries import direction_name as direction_name
from awase.catalogue.entries import entries as entries
from awase.catalogue.entries import entry as entry
from awase.catalogue.entries import owner_name as owner_name
from awase.catalogue.refusals import Diagnosis as Diagnosis
from awase.catalogue.refusals import diagnose as diagnose
from awase.catalogue.refusals import diagnosis as diagnosis
