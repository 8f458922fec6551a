"""A car cabin on a desk: words, a reasoning model, a policy gate, a virtual CAN bus, ECUs and a dashboard."""

__version__ = "0.1.0"
