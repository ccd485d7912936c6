"""The commands of live mode: a deployment, and what is delivered, decided, deleted afterwards.

They may import everything, and print neither a template nor a picture.
"""
