"""Run the command line with `python -m tinynet`."""

from tinynet.cli import main

if __name__ == "__main__":
    main()
