"""Build apps of stlite, Panel and Flet into build/hosts: host_sites.py BUILDERS WHEELS.

tools/prepare.py calls it.

`BUILDERS` is a virtual environment with tools/hosts/builders.txt, `WHEELS` a folder with the wheels of
tools/hosts/in-the-browser.txt. The sources of the apps are in tests/hosts/apps. The sites contain the
library's wheel, and copies of all files that the hosts' own commands would have the page load from elsewhere.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import pyodide_folder
from notebooks import build_wheel, icon, run
from setup import numpy_wheel
from wheels import pure_wheel, write_wheel

ROOT = Path(__file__).resolve().parent.parent
APPS = ROOT / "tests" / "hosts" / "apps"
SITES = ROOT / "build" / "hosts"
NO_MAPS = shutil.ignore_patterns("*.map")
NPM = ROOT / "tools" / "hosts" / "node_modules"

#: Packages that no index has for the Python of stlite. Streamlit needs them only for data and charts; of
#: other objects, it only asks whether they have one of these classes.
UNUSED = {"numpy": "2.0", "pandas": "2.0", "pillow": "12.0", "altair": "6.0", "fastparquet": "2026.1"}
#: A module whose classes have no instances.
WITHOUT_INSTANCES = """
class Unused(type):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Unused(name, (OSError,), {})


__getattr__ = Unused("Package", (), {}).__getattr__
"""

#: The root of Panel's own files in the site. (PANEL_CDN_ROOT names it where there are environment variables.)
PANEL_ROOT = "../cdn/"
#: Further addresses that `panel convert` writes, and their copies in the site.
PANEL_ADDRESSES = (
    (r"https://cdn\.bokeh\.org/bokeh/release/([\w-]+?)-\d+\.\d+\.\d+\.min\.js", r"../bokeh/\1.min.js"),
    (r"https://cdn\.jsdelivr\.net/pyodide/v[\d.]+/full/", "../pyodide/"),
)
#: Replacements in Panel's Python: it finds style sheets in this site. And the only Pyodide with a numpy is
#: older than the one that Panel names; its `null` is None.
IN_PANEL = {
    "panel/config.py": (b"https://cdn.holoviz.org/panel/", PANEL_ROOT.encode()),
    "panel/io/pyodide.py": (b"pyodide.ffi.jsnull", b"None"),
}
#: Where Flet's page loads the player of animations from.
RIVE = "https://cdn.jsdelivr.net/npm/@rive-app/flutter-native-wasm@44.0.0/"


def build(builders: Path, wheels: Path) -> None:
    shutil.rmtree(SITES, ignore_errors=True)
    SITES.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        available = [*sorted(wheels.glob("*.whl")), build_wheel(Path(folder))]
        build_panel(builders, available, SITES / "panel", Path(folder))
        build_stlite(available, SITES / "stlite", Path(folder))
        build_flet(builders, available, SITES / "flet", Path(folder))
    (SITES / "favicon.ico").write_bytes(icon())


def build_panel(builders: Path, wheels: list[Path], site: Path, folder: Path) -> None:
    """With Panel's own command, for the page and for a worker."""
    [packages] = builders.glob("lib/python*/site-packages")
    [panel] = [wheel for wheel in wheels if wheel.name.startswith("panel-1")]
    [bokeh] = [wheel for wheel in wheels if wheel.name.startswith("bokeh-")]
    version = panel.name.split("-")[1]
    for target, place in (("pyodide", site / "in-the-page"), ("pyodide-worker", site / "in-a-worker")):
        run(
            *(builders / "bin" / "panel", "convert", APPS / "panel_app.py"),
            *("--to", target, "--out", place),
            variables={"PYTHONPATH": str(ROOT / "py"), "PANEL_CDN_ROOT": PANEL_ROOT},
        )
        for file in place.iterdir():
            text = file.read_text()
            for address, copy in PANEL_ADDRESSES:
                text = re.sub(address, copy, text)
            file.write_text(text)
    cdn = site / "cdn"
    shutil.copytree(
        packages / "panel" / "dist", cdn / version / "dist", ignore=shutil.ignore_patterns("*.map")
    )
    shutil.copytree(packages / "bokeh" / "server" / "static" / "js", site / "bokeh", ignore=_all_but_minified)
    own = panel_for_the_browser(panel, folder)
    made = [
        own,
        pure_wheel(builders, "PyYAML", "yaml", folder),
        pure_wheel(builders, "MarkupSafe", "markupsafe", folder),
        write_wheel(
            "nh3", "0.3", {"nh3/__init__.py": "def clean(html): raise NotImplementedError\n"}, folder
        ),
    ]
    others = [wheel for wheel in wheels if wheel != panel]
    pyodide_folder.assemble(
        ROOT / "node_modules" / "pyodide-0.27",
        [*others, *numpy_wheel.wheels(folder / "carried"), *made],
        ("mediarecorder", "micropip", "panel", "pyodide-http"),
        site / "pyodide",
    )
    for wheel, place in ((own, cdn / version / "dist" / "wheels"), (bokeh, cdn / "wheels")):
        place.mkdir(exist_ok=True)
        shutil.copy(wheel, place)


def _all_but_minified(_: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".min.js")]


def panel_for_the_browser(wheel: Path, folder: Path) -> Path:
    """Panel's wheel without JavaScript, which the page loads, as Panel's own server has it for Pyodide."""
    made = folder / wheel.name
    with zipfile.ZipFile(wheel) as archive, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in archive.namelist():
            if name.startswith(("panel/dist/", "panel/node_modules/", "panel/tests/")):
                continue
            content = archive.read(name)
            if name in IN_PANEL:
                old, new = IN_PANEL[name]
                if content.count(old) != 1:
                    raise SystemExit(f"{wheel.name} changed: {name} no longer has {old!r} once")
                content = content.replace(old, new)
            target.writestr(name, content)
    return made


def build_stlite(wheels: list[Path], site: Path, folder: Path) -> None:
    shutil.copytree(
        NPM / "@stlite" / "browser" / "build", site / "stlite", ignore=shutil.ignore_patterns("*.map")
    )
    unused = [
        # (anyio imports ssl, which Pyodide has as a package of its own.)
        write_wheel(
            name, version, dict.fromkeys((f"{name}/__init__.py", "ssl.py"), WITHOUT_INSTANCES), folder
        )
        for name, version in UNUSED.items()
    ]
    chosen = pyodide_folder.assemble(
        NPM / "pyodide",
        [*wheels, *(site / "stlite" / "wheels").glob("*.whl"), *unused],
        ("mediarecorder", "micropip", "streamlit", "stlite_lib"),
        site / "pyodide",
    )
    [own] = [wheel.name for wheel in chosen if wheel.name.startswith("mediarecorder-")]
    for file in (APPS / "stlite").iterdir():
        (site / file.name).write_text(file.read_text().replace("WHEEL", own))


def build_flet(builders: Path, wheels: list[Path], site: Path, folder: Path) -> None:
    """With Flet's own command, which would download Pyodide if its cache did not have it."""
    npm_package = ROOT / "node_modules" / "pyodide-jupyterlite"
    version = json.loads((npm_package / "package.json").read_text())["version"]
    roots = ("mediarecorder", "micropip", "flet", "flet-audio", "flet-video", "msgpack")
    cache = folder / "flet" / "pyodide" / version
    pyodide_folder.assemble(npm_package, wheels, roots, cache)
    lock = json.loads((cache / pyodide_folder.LOCK_FILE).read_text())
    lock["info"]["version"] = version  # Flet looks for it there
    (cache / pyodide_folder.LOCK_FILE).write_text(json.dumps(lock))
    release = {"full_version": "3.14.2", "pyodide_version": version, "android_abis": []}
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"default_python_version": "3.14", "pythons": {"3.14": release}}))
    app = Path(shutil.copytree(APPS / "flet", folder / "app"))
    (app / "requirements.txt").write_text("flet\nflet-audio\nflet-video\nmediarecorder\n")
    run(
        *(builders / "bin" / "flet", "publish", app / "main.py", "--no-cdn", "--python-version", "3.14"),
        *("--base-url", "flet", "--distpath", site),
        variables={"FLET_CACHE_DIR": str(folder / "flet"), "FLET_PYTHON_BUILD_MANIFEST": str(manifest)},
    )
    shutil.copy(ROOT / "py" / "mediarecorder" / "js" / "page.js", site)
    page = site / "index.html"
    replace(page, "</head>", (APPS / "flet" / "head.html").read_text() + "</head>")
    # With --no-cdn, Flet 1.0.5 writes an address that a worker cannot import, and still loads one script
    # from a CDN (findings/flet-no-cdn.sh).
    replace(page, '"pyodide/pyodide.mjs"', '"/flet/pyodide/pyodide.mjs"')
    replace(site / "main.dart.js", RIVE, "/flet/rive/")
    shutil.copytree(NPM / "@rive-app" / "flutter-native-wasm", site / "rive")


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    if old not in text:
        raise SystemExit(f"{file.name} changed: it no longer has {old!r}")
    file.write_text(text.replace(old, new))


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
