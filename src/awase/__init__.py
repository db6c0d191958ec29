"""Awase keeps a marketing-automation system and a CRM in agreement."""

__version__ = "0.1.0"
