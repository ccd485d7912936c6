"""From a place on disk or in a bucket to upright frames with media time."""
