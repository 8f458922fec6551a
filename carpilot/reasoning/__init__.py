"""What was meant: models behind one Protocol, the tool catalogue, the agent loop."""
