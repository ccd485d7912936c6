"""The one configuration: strict, frozen, read from YAML and from what the command line says.

It imports pydantic, YAML and `errors`. A setting that it does not know is refused by name, and
no password has to stand in it: cameras and webhooks may name a variable of the environment.
"""
