"""Pictures of known people become a snapshot of a gallery.

It may import recognition's parts and the gallery; it knows no run and no deployment. What is
refused leaves a reason, never a template.
"""
