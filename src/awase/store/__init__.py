"""The store: PostgreSQL in production, its in-memory twin in the simulator; both keep ``ports.store.Store``."""
