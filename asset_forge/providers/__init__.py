"""Makers: OpenAI, Meshy and greybox behind one set of protocols (`base.py`).

Providers return typed results and a receipt. They know neither asset folders nor pipelines.
"""
