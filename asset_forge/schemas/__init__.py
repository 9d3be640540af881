"""What comes in and goes out over HTTP, as pydantic models with examples for the OpenAPI page."""
