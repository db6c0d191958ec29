"""What every practice org is made of: requests, clocks, rows with history, quotas and faults.

Nothing here does IO or reads a real clock by itself (``RealClock`` aside): an org is an object that turns a
request into an answer, so that a simulator can call it in process and a server can put it behind real HTTP.
"""
