"""Error types as data: what stands against agreement, what it means, who can end it and how, in two languages."""

from awase.catalogue.entries import Entry as Entry
from awase.catalogue.entries import Fix as Fix
from awase.catalogue.entries import categories as categories
from awase.catalogue.entries import category_name as category_name
from awase.catalogue.entries import diagnose as diagnose
from awase.catalogue.entries import entries as entries
from awase.catalogue.entries import entry as entry
from awase.catalogue.entries import owner_name as owner_name
