"""A second opinion on a sync, from what the practice orgs hold: do both sides agree, and was no call wasted?

It shares no code with what it judges: its own way of finding who is who, its own idea of equal values, its own
arithmetic of calls.
"""
