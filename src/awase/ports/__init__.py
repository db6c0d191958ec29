"""What the engine needs from the world, as protocols and values; nothing here does IO."""
