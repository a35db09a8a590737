"""Say what the configuration files of pip hold, as one line of JSON.

Argument: the directory that pip is in, which knows where the files are. They are read here
and not by `pip config`, which is a command of pip: what a file says of its options, such as
user, python or log, decides what it lists and where it writes. A file that pip would refuse
is read as far as it can be.
"""

import configparser
import json
import os
import sys

sys.path.append(sys.argv[1])
from pip._internal.configuration import get_configuration_files  # noqa: E402

MARK = "pyenv-pipconfig:"


def paths():
    """The files in the order in which one goes before the other, the last before all."""
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    files = get_configuration_files()
    kinds = ["global", "site"] if named and os.path.exists(named) else ["global", "user", "site"]
    return [path for kind in kinds for path in files[kind]] + ([named] if named else [])


def read(path, problems):
    parser = configparser.RawConfigParser(strict=False)
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            parser.read_file(file)
    except FileNotFoundError:
        pass
    except (OSError, configparser.Error) as exc:
        problems.append("%s: %s" % (path, " ".join(str(exc).split())))
    for section in parser.sections():
        for name, value in parser.items(section):
            if isinstance(value, str):  # half of a file that broke off
                yield section, name.lower().replace("_", "-").removeprefix("--"), value


def main():
    problems = []
    settings = [entry for path in paths() for entry in read(path, problems)]
    sys.stdout.write("\n" + MARK + json.dumps({"settings": settings, "problems": problems}) + "\n")


main()
