"""Who searches, for which case, by which authority and for what purpose.

It imports nothing but `errors`. No face is compared before it is satisfied, and what was stated
is kept in letters that can be seen.
"""
