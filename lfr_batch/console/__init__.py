"""The officers' screen: a small web application beside the van, and who may do what on it.

It may import live mode and the gallery's records, and knows no engine. A picture is unsealed for
one request and never cached; no event and no log line holds one.
"""
