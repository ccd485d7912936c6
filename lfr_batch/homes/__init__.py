"""Where model packs and galleries live: a folder, or a bucket of which a node keeps what it needs.

It may import the storage below it, and knows neither models nor faces: a bundle is some files by
the sha256 of their bytes. Templates and pictures of enrolled people lie in a node's cache as in a
home: their owner's alone, and no longer than the bucket has them and somebody opens that home.
"""
