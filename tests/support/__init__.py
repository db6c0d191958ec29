"""Parts that several rooms of tests use."""
