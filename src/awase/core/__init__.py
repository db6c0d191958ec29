"""The pure core: frames and values in, frames and values out. No IO, clock, randomness or logging."""
