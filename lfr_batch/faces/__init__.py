"""From a picture to aligned, graded faces and their templates."""
