"""Simulated devices, one a module, all of the same shape, and the gateway between the segments."""
