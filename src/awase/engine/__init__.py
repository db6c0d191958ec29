"""Use cases over ports only: what a run does, in what order, and what is durable when.

Knows neither vendors nor databases nor the event loop; the simulator steps these same coroutines in virtual time.
"""
