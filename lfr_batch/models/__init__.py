"""Model packs, their licences, and the sessions that run them."""
