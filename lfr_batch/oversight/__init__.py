"""Who searches, for which case, by which authority and for what purpose.

It has the signed audit log, of a home on disk or in a bucket, and imports what that needs. No face
is compared before it is satisfied, and what was stated is kept in letters that can be seen.
"""
