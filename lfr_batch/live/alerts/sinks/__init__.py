"""Where alerts are delivered: a line for each in `table`.

A sink may import alerts' records and the results' store. What leaves by JSON lines or webhook has
no picture; what was delivered may come again under the same id.
"""
