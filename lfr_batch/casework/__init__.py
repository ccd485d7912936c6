"""Cases, the authority to search for them, and the clocks of what was searched before it was given.

It may import oversight, results, gallery and config, and knows nothing of how faces are found or
shown. Whatever changes has a line in the signed log first. Results that nobody may see any more
leave the lake here, and what becomes of them for good is decided above.
"""
