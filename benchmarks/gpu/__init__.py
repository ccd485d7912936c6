"""What a GPU does, beside what it could do: ``python -m benchmarks.gpu``."""
