"""What exists in the car and what is true of it."""
