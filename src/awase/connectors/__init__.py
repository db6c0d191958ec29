"""Connectors: one folder a vendor, all of one shape, and the small pieces they share. None of them does IO."""
