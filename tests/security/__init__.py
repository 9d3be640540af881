"""The service as seen by somebody who means it harm."""
