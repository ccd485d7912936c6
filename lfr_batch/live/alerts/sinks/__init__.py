"""Where alerts are delivered: a line for each in `table`."""
