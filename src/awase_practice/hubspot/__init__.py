"""A practice portal that answers like HubSpot's public API: its shapes, its limits, its oddities.

What a comment calls "seen" was read in a published answer of the real API; "from memory" marks what was not
checked, and is the first place to look when the real one disagrees.
"""
