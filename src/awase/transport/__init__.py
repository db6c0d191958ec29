"""The way out: one connection's flows driven over one wire, signed in, paced, metered, redacted and recorded."""
