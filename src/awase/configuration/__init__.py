"""``awase.toml``: what it may say, where a mistake stands, and the values it becomes."""

from awase.configuration.document import NAME_PATTERN as NAME_PATTERN
from awase.configuration.workspace import FILE_NAME as FILE_NAME
from awase.configuration.workspace import ConnectionSettings as ConnectionSettings
from awase.configuration.workspace import Language as Language
from awase.configuration.workspace import Workspace as Workspace
from awase.configuration.workspace import language_of as language_of
from awase.configuration.workspace import load as load
from awase.configuration.workspace import parse as parse
