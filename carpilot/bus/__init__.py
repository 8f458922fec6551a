"""Bytes on a wire: frames, databases, protection, arbitration, recording, and the doors for other programs."""
