"""A practice Salesforce org: its REST API, its order of checks and its words for refusals."""
