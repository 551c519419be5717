"""`python -m tools.live`: only the page that sees, into build/site."""

from tools.common import SITE, start
from tools.live.build import build


def main(arguments: list[str]) -> int:
    """Build the page and say how large its files are."""
    for name, size in build(SITE).items():
        print(f"{name:<32}{size / 1e6:7.2f} MB")
    return 0


if __name__ == "__main__":
    start(main)
