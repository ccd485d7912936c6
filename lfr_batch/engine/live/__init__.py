"""The engines of live mode: threads, and Ray's actors under supervision."""
