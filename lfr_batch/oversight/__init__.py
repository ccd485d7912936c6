"""Who searches, for which case, by which authority."""
