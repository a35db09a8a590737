"""Report on this interpreter as one line of JSON.

Kept to syntax and modules that old Pythons have too, so that "too old" is an
answer and not a syntax error. Imports nothing that is not in the standard library.
"""

import json
import os
import sys

MARK = "pyenv-probe:"

# Distribution -> (module, compiled submodule that must match this interpreter).
WANTED = {
    "mistral-common": ("mistral_common", None),
    "sentencepiece": ("sentencepiece", "_sentencepiece"),
    "tiktoken": ("tiktoken", "_tiktoken"),
    "numpy": ("numpy", None),
    "pydantic": ("pydantic", None),
    "pydantic-core": ("pydantic_core", "_pydantic_core"),
    "vllm": ("vllm", None),
}


def canonical(name):
    import re

    return re.sub(r"[-_.]+", "-", name).lower()


def problem(module, compiled):
    import importlib.machinery
    import importlib.util

    try:
        spec = importlib.util.find_spec(module)
    except Exception as exc:
        return "%s: %s" % (type(exc).__name__, exc)
    if spec is None:
        return "installed, but the module %s is not on sys.path" % module
    if compiled is None:
        return None
    suffixes = importlib.machinery.EXTENSION_SUFFIXES
    for place in spec.submodule_search_locations or []:
        for suffix in suffixes:
            if os.path.exists(os.path.join(place, compiled + suffix)):
                return None
    return "no compiled module %s for this interpreter (wanted %s)" % (compiled, suffixes[0])


def packages():
    versions, errors = {}, {}
    import importlib.metadata as metadata

    for name, (module, compiled) in WANTED.items():
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        except Exception as exc:
            errors[name] = "%s: %s" % (type(exc).__name__, exc)
            continue
        reason = problem(module, compiled)
        if reason:
            errors[name] = reason
    return versions, errors


def installed():
    import importlib.metadata as metadata

    found = {}
    for dist in metadata.distributions():
        name = dist.metadata["Name"]
        if name:
            found.setdefault(canonical(name), dist.version)
    return found


def find_pip():
    """Return what `python <it>` runs as pip: ensurepip's wheel, or an installed one."""
    import importlib.util

    spec = importlib.util.find_spec("ensurepip")
    if spec is not None and spec.origin:
        places = [
            os.path.join(os.path.dirname(spec.origin), "_bundled"),
            "/usr/share/python-wheels",
        ]
        for place in places:
            if not os.path.isdir(place):
                continue
            wheels = sorted(
                n for n in os.listdir(place) if n.startswith("pip-") and n.endswith(".whl")
            )
            if wheels:
                return os.path.join(place, wheels[-1], "pip")
    spec = importlib.util.find_spec("pip")
    if spec is not None and spec.submodule_search_locations:
        return list(spec.submodule_search_locations)[0]
    return ""


def report():
    import sysconfig

    def var(name):
        return sysconfig.get_config_var(name) or ""

    version = sys.version_info
    info = {
        "executable": sys.executable or "",
        "version": "%d.%d.%d" % version[:3],
        "version_info": list(version[:3]),
        "full_version": sys.version,
        "implementation": getattr(getattr(sys, "implementation", None), "name", "unknown"),
        "prefix": sys.prefix,
        "base_prefix": getattr(sys, "base_prefix", sys.prefix),
        "exec_prefix": sys.exec_prefix,
        "base_executable": getattr(sys, "_base_executable", "") or "",
        "abiflags": getattr(sys, "abiflags", ""),
        "platform": sysconfig.get_platform(),
        "pointer_bits": sys.maxsize.bit_length() + 1,
        "libdir": var("LIBDIR"),
        "instsoname": var("INSTSONAME"),
        "ldlibrary": var("LDLIBRARY"),
        "libpl": var("LIBPL"),
        "framework": os.path.join(var("PYTHONFRAMEWORKPREFIX"), var("LDLIBRARY"))
        if var("PYTHONFRAMEWORK")
        else "",
        "enable_shared": bool(var("Py_ENABLE_SHARED")),
        "gil_disabled": bool(var("Py_GIL_DISABLED")),
        "site_packages": sysconfig.get_path("purelib") or "",
        "packages": {},
        "import_errors": {},
        "pip": "",
    }
    if version >= (3, 8):
        info["packages"], info["import_errors"] = packages()
        if "installed" in sys.argv[1:]:
            info["installed"] = installed()
        if "pip" in sys.argv[1:]:
            info["pip"] = find_pip()
    return info


sys.stdout.write("\n" + MARK + json.dumps(report()) + "\n")
sys.stdout.flush()
