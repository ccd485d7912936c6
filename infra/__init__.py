"""What the project is built, locked, checked and run with."""
