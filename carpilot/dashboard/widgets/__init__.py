"""The cards of the window. Each is a function from its box to what stands still, what changes, and what can be touched."""
