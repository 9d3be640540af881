"""The engine: it runs stages in order and keeps their states. It does not know what they make."""
