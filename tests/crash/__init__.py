"""Services that are killed, and what must be true of what they leave."""
