"""``python -m splicenet``."""

from splicenet.cli.main import main

if __name__ == "__main__":
    main()
