"""`python -m vfa` is `vfa`."""

from vfa.cli import app

if __name__ == "__main__":
    app(prog_name="vfa")
