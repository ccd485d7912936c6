"""Where alerts and reviews go, beside the console."""
