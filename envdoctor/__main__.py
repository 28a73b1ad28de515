"""`python -m envdoctor` is the `envdoctor` command."""

from envdoctor.cli import run

if __name__ == "__main__":
    run()
