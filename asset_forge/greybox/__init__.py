"""The embedded maker: words or a picture become a model on the CPU, deterministically.

A library that knows neither HTTP nor pipelines nor assets on disk. Its modules import numpy; only
`jobs` does not, so that the web process can name what its workers do.
"""
