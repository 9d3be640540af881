"""The embedded maker: words or a picture become a model on the CPU, deterministically.

A library that knows neither HTTP nor pipelines nor assets on disk. numpy is imported at import
time, so the web process imports it lazily or through its worker pool.
"""
