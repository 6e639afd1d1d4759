"""The rules as machine code: an optional product of their source, made by mypyc where a C compiler is found.

The plain source of `rules` is the only truth. A build is a whole copy of the package with its hottest modules
compiled, in a folder named for a digest of every source file, of this recipe and of the Python that made it: once a
file of `rules` changes no build of before is found any more, and the plain modules run until it is built again. Used
is a build by putting its folder before everything else on the path, before `rules` is first imported; so a process
runs one or the other and never a mixture. The dated data is read from the source tree in either case.

`python infusion_coder/native.py` builds where that is possible and says what there is; `path` after it prints the
folder, or nothing. Standard library only, as it also runs on a bare Python.
"""

import hashlib
import importlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SWITCH = "NATIVE_RULES"
"""The environment variable that lets a process use a build: `1`; anything else, or nothing, is plain Python."""
COMPILED = (
    "rules/amounts.py",
    "rules/chronology.py",
    "rules/engine.py",
    "rules/explain.py",
    "rules/rulebook/terms.py",
    "rules/stages/[a-z]*.py",
    "rules/worksheet/[a-z]*.py",
)
"""What a coding run spends its time in.

Facts stay as they are: what is charted is not taken at its type. So do results: a snapshot is read by the types that
their fields name, and the compiler forgets what a tuple is of.
"""
CONFIGURATION = """\
[mypy]
[mypy-rules.facts]
follow_imports = skip
[mypy-yaml]
ignore_missing_imports = True
"""
RECIPE = """\
from pathlib import Path
from mypyc.build import mypycify
from setuptools import setup
sources = sorted(str(found) for pattern in {patterns!r} for found in Path().glob(pattern))
modules = mypycify(["--config-file=native.ini", *sources], opt_level="2", debug_level="0")
# A module calls its own functions directly: nothing else may stand in for them, so the compiler may also inline them.
for module in modules:
    module.extra_compile_args += ["-fvisibility=hidden", "-fno-semantic-interposition", "-fno-plt"]
setup(name="rules", packages=[], ext_modules=modules, script_args=["--quiet", "build_ext", "--inplace"])
"""
TOOLS = "requirements-native.txt"


class UnableToBuild(Exception):
    """The rules were not compiled; the message says why."""


def digest(base: Path = BASE_DIR) -> str:
    """What a build of these sources, on this Python and machine, is named for."""
    found = hashlib.sha256()
    made_by = (sys.version, platform.machine(), CONFIGURATION, RECIPE, repr(COMPILED))
    found.update("\0".join(made_by).encode())
    for path in [*sorted((base / "rules").rglob("*.py")), base / TOOLS]:
        content = path.read_bytes()
        found.update(f"\0{path.relative_to(base).as_posix()}\0{len(content)}\0".encode() + content)
    return found.hexdigest()[:32]


def build_of(base: Path = BASE_DIR) -> Path | None:
    """The folder of the build made from the sources as they are now, None where there is none."""
    folder = base / ".native" / digest(base)
    return folder if folder.is_dir() else None


def activate(base: Path = BASE_DIR) -> None:
    """Lets `rules` be imported from its build, where the environment asks for it and a build of this source exists."""
    if os.environ.get(SWITCH) != "1" or "rules" in sys.modules:
        return
    folder = build_of(base)
    if folder is not None:
        sys.path.insert(0, str(folder))


def engine() -> str:
    """What the rules of this process run as: `native` or `python`."""
    found = importlib.import_module("rules.engine").__file__ or ""
    return "python" if found.endswith(".py") else "native"


def build(tools: Path, base: Path = BASE_DIR) -> Path:
    """The folder of a build of the sources as they are now, made with the Python of `tools` unless it exists.

    Builds of earlier sources are removed. Raises UnableToBuild.
    """
    folder = base / ".native" / digest(base)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="making-") as made:
        workshop = Path(made)
        ignored = shutil.ignore_patterns("__pycache__", "data", "*.so")
        shutil.copytree(base / "rules", workshop / "rules", ignore=ignored)
        (workshop / "native.ini").write_text(CONFIGURATION, encoding="utf-8")
        (workshop / "setup.py").write_text(RECIPE.format(patterns=COMPILED), encoding="utf-8")
        made_well = subprocess.run(
            [tools, "setup.py"], cwd=workshop, capture_output=True, check=False, encoding="utf-8", env=_environment()
        )
        if made_well.returncode != 0:
            raise UnableToBuild((made_well.stderr or made_well.stdout).strip()[-2000:])
        shutil.rmtree(workshop / "build")
        (workshop / "rules" / "data").symlink_to(os.path.relpath(base / "rules" / "data", folder / "rules"))
        _keep(workshop, folder)
    return folder


def _environment() -> dict[str, str]:
    """The workshop's own modules are the ones that are compiled, whatever path is set outside."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MYPYPATH", SWITCH}}


def _keep(workshop: Path, folder: Path) -> None:
    """A finished build gets its name in one step, and those of earlier sources go."""
    for earlier in folder.parent.iterdir():
        if not earlier.name.startswith("making-"):
            shutil.rmtree(earlier, ignore_errors=True)
    for part in ("setup.py", "native.ini"):
        (workshop / part).unlink()
    shutil.rmtree(workshop / ".mypy_cache", ignore_errors=True)
    finished = folder.with_name(f"making-{folder.name}")
    shutil.rmtree(finished, ignore_errors=True)
    shutil.copytree(workshop, finished, symlinks=True)
    try:
        finished.rename(folder)
    except OSError:
        # Another process finished the same build first.
        shutil.rmtree(finished, ignore_errors=True)


def has_compiler() -> bool:
    """Whether a C compiler is on the path."""
    return any(shutil.which(name) for name in (os.environ.get("CC", "cc"), "gcc", "clang"))


def main(arguments: list[str]) -> int:
    """The exit status: 0 also where nothing can be built, since the plain rules do the same work."""
    if arguments == ["path"]:
        sys.stdout.write(f"{build_of() or ''}\n")
        return 0
    if build_of() is None and not has_compiler():
        sys.stdout.write("No C compiler is found: the rules run as plain Python.\n")
        return 0
    tools = BASE_DIR / ".venv-native" / "bin" / "python"
    try:
        if build_of() is None:
            sys.stdout.write("Compiling the rules, a minute or two …\n")
            sys.stdout.flush()
            bootstrap = [sys.executable, "-I", str(BASE_DIR / "infusion_coder/bootstrap.py")]
            subprocess.run([*bootstrap, str(tools.parents[1]), str(BASE_DIR / TOOLS)], check=True)
            build(tools)
    except (UnableToBuild, subprocess.CalledProcessError, OSError) as error:
        sys.stdout.write(f"The rules were not compiled and run as plain Python: {error}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
