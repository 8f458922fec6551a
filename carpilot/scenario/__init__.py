"""Scripted sessions with a verdict, and evaluation suites."""
