"""Salesforce by its REST API: OAuth for servers, describe, SOQL, sObject Collections, field history."""
