"""The digital phantom: a thoracolumbar spine whose truth is known exactly, for tests, benchmarks and training."""
