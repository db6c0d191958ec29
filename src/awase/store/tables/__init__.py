"""The PostgreSQL store, one topic a module; ``store.postgres`` joins them."""
