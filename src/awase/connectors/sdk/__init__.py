"""What every connector needs and none should write again: bodies, calls, chunks, outcomes and vendor time."""
