"""`course.py download NAME ...`: bring a data set or the weights of a network, checked before anything uses them."""

from tools.common import Stop, start


def main(arguments: list[str]) -> int:
    """Download what is named, or list what can be; return 1 when one of the names failed."""
    from helpers import backbones, datasets

    if not arguments or arguments[0] in ("-h", "--help"):
        print("usage: python3 course.py download NAME ...\n")
        print("data sets: " + ", ".join(datasets.DOWNLOADS))
        print("networks:  " + ", ".join(backbones.DOWNLOADS))
        return 0 if arguments else 2
    for name in arguments:
        check_name(name, list(datasets.DOWNLOADS), list(backbones.DOWNLOADS))
    for name in arguments:
        bring = datasets.download if name in datasets.DOWNLOADS else backbones.download
        try:
            print(f"{name}: {bring(name)}", flush=True)
        except (OSError, ValueError) as error:  # the helpers' own errors are sentences already
            raise Stop(f"{name}: {error}") from error
    return 0


def check_name(name: str, data_sets: list[str], networks: list[str]) -> None:
    """Stop before the first byte when a name is unknown; a network may carry its width, as in mobilenet:0.25."""
    import difflib

    known = data_sets + networks
    plain = name.partition(":")[0] if ":" in name else name
    if plain in known or (plain != name and plain in {network.partition("-")[0] for network in networks}):
        return
    near = difflib.get_close_matches(name, known, n=3)
    hint = "the nearest are " + ", ".join(near) if near else "there are " + ", ".join(known)
    raise Stop(f"there is nothing named {name!r} to download: {hint}.")


if __name__ == "__main__":
    start(main)
