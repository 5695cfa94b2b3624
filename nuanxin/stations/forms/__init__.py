"""What is sent to 驿站: parsed and shaped, never decided."""
