"""A Salesforce DX project, source or metadata format, as our schema: what can be known of an org without an org."""

from awase.connectors.salesforce.sfdx.found import Layout as Layout
from awase.connectors.salesforce.sfdx.found import Place as Place
from awase.connectors.salesforce.sfdx.found import Project as Project
from awase.connectors.salesforce.sfdx.found import Trouble as Trouble
from awase.connectors.salesforce.sfdx.project import is_metadata as is_metadata
from awase.connectors.salesforce.sfdx.project import read_project as read_project
from awase.connectors.salesforce.sfdx.users import read_users as read_users
