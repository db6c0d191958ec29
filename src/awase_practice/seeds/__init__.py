"""The demo's data: made-up Japanese business contacts in both systems, what is wrong with some, and what days bring."""
