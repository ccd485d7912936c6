"""The demonstration: real pictures, known answers, checked."""
