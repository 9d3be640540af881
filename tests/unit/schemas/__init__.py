"""Unit tests of what comes in and goes out."""
