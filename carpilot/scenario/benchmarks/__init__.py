"""Benchmarks by others, read from a user's file and run as suites: an adapter each, and what they share."""
