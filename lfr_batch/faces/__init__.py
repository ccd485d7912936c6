"""From a picture to aligned, graded faces and their templates, and to evidence of one face.

It may import models and the settings; it knows no video, no track and no gallery. It writes
nothing, and makes the faces of others in a picture of evidence unrecognisable.
"""
