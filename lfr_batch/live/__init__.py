"""Live deployments: watching, alerts, the deployment itself, and what comes afterwards.

It may import recognition, scanning's plan and results, and knows no Ray and no web server. Nothing
leaves of people who are not on the watchlist, whose copy is gone when a deployment ends.
"""
