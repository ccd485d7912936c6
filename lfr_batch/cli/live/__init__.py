"""The commands of live mode."""
