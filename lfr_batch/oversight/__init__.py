"""Who searches, for which case, by which authority and for what purpose.

It imports `errors`, and the storage that the audit log needs. No face is compared before it is
satisfied, and what was stated is kept in letters that can be seen.
"""
