"""Practice orgs: each vendor's HTTP API with its rules, quotas, lags and error shapes. Shares no code with Awase."""
