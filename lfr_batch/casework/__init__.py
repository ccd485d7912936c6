"""What people make of what was found: cases, who may search for them, and what examiners decide.

It may import the record of who did what, the lake and the gallery. It decides nothing itself: it
keeps what somebody decided, once, and holds everybody to who may decide it.
"""
