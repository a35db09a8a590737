"""Say which requirements of the installed packages are not met, as one line of JSON.

Arguments: the directory that pip is in, for its parser of requirements; then name[extra,…]
for the extras that the lock asks for. Before these may stand --there, the directory of the packages and
what is different on their machine, as JSON, if that is not this one. Like `pip check`, but a requirement with extras
counts with all that the extras require.
"""

import importlib.metadata as metadata
import json
import sys

sys.path.append(sys.argv[1])
try:
    from pip._vendor.packaging.requirements import Requirement
    from pip._vendor.packaging.utils import canonicalize_name
except ImportError:  # a distribution's pip may have been freed of what it brings along
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

MARK = "pyenv-complete:"
PATH, THERE, LINES = sys.path, {}, sys.argv[2:]
if LINES[:1] == ["--there"]:
    PATH, THERE, LINES = [LINES[1]], json.loads(LINES[2]), LINES[3:]


def applies(requirement, extra):
    if requirement.marker is None:
        return True
    names = {extra, canonicalize_name(extra)} if extra else {""}
    return any(requirement.marker.evaluate({"extra": name, **THERE}) for name in names)


def unmet(requirement, found):
    if found is None:
        return "is not in the lock"
    try:
        if requirement.specifier.contains(found.version, prereleases=True):
            return None
    except ValueError:  # a version of the days before there were rules for them
        return None
    return "is %s in the lock" % found.version


def main():
    installed = {}
    for dist in metadata.distributions(path=PATH):
        if dist.metadata["Name"]:
            installed.setdefault(canonicalize_name(dist.metadata["Name"]), dist)
    todo = [(name, "") for name in sorted(installed)]
    for line in LINES:
        wanted = Requirement(line)
        todo += [(canonicalize_name(wanted.name), extra) for extra in sorted(wanted.extras)]
    seen, problems = set(), []
    while todo:
        name, extra = todo.pop(0)
        if (name, extra) in seen or name not in installed:
            continue
        seen.add((name, extra))
        for text in installed[name].requires or []:
            try:
                requirement = Requirement(text)
            except ValueError:
                continue
            if not applies(requirement, extra):
                continue
            needed = canonicalize_name(requirement.name)
            reason = unmet(requirement, installed.get(needed))
            if reason:
                who = name + ("[%s]" % extra if extra else "")
                problems.append("%s requires %s, and %s %s" % (who, text, needed, reason))
            todo += [(needed, more) for more in sorted(requirement.extras)]
    sys.stdout.write("\n" + MARK + json.dumps(sorted(set(problems))) + "\n")


main()
