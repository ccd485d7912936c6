"""What people make of what was found: cases, authority with a clock, and what examiners decide.

It may import oversight, results, gallery and config, and knows nothing of how faces are found or
shown. It decides nothing itself: it keeps what somebody decided, once, with a line in the signed
log, and holds everybody to who may. Results that nobody may see any more leave the lake here, and
what becomes of them for good is decided above.
"""
