"""How often it is wrong, and for whom: labelled pictures and clips through the product's own path.

It may import scanning, enrolment and what lies below them, and knows no engine. No name, template,
crop or picture leaves it: what is kept are numbers, and groups of too few people have none.
"""
