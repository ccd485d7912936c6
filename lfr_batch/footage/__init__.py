"""From a place on disk, in a bucket or behind a camera to upright frames with exact media time.

It may import `planes` and the settings, and knows neither faces nor models. What a file holds and
cannot be looked at is said, never passed over; a password in an address is never shown.
"""
