"""Same people, same times, same scores, whatever is done to be faster."""
