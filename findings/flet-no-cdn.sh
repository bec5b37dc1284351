#!/usr/bin/env bash
# `flet publish --no-cdn` writes an address of Pyodide that its worker cannot import.
#
# Versions: flet 1.0.5, flet-web 1.0.5 (PyPI).
# Input:    the page of the package, patched by its own patch_index_html(no_cdn=True), which
#           `flet publish --no-cdn` calls.
# Expected: the page loads Pyodide and everything else from its own server.
# Observed: the page gets flet.pyodideUrl="pyodide/pyodide.mjs", and python-worker.js passes this
#           to import(). It is no relative address but a bare specifier, and import() rejects
#           those: "Failed to resolve module specifier 'pyodide/pyodide.mjs'" (Chromium 156), so
#           the app never starts. Also, main.dart.js still names a script on cdn.jsdelivr.net
#           (@rive-app/flutter-native-wasm), which the page requests at its start.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py \
  flet==1.0.5 flet-web==1.0.5 || exit 2

PYTHONPATH=py python3 - <<'PY'
import flet_web
import pathlib, shutil

web = shutil.copytree(flet_web.get_package_web_dir(), "web")
flet_web.patch_index_html(
    "web/index.html", "/", pyodide=True, pyodide_script_path="main.py", pyodide_version="314.0.6", no_cdn=True
)
PY
grep -o 'flet.pyodideUrl="[^"]*"' web/index.html | tee address
grep -o 'await import(self.pyodideUrl)' web/python-worker.js
grep -o 'https://cdn[^"]*@rive-app[^"]*' web/main.dart.js | sort -u | tee cdn

# The worker's import, in a module of the page's folder. Node resolves specifiers as browsers do, except that it looks
# for packages; there is none.
cat > web/worker.mjs <<'JS'
const [, address] = /"(.*)"/.exec((await import("node:fs")).readFileSync("address", "utf8"));
const tried = async (specifier) => import.meta.resolve(specifier).startsWith(new URL(".", import.meta.url).href);
console.log(address, await tried(address).catch((error) => error.code));
console.log(`./${address}`, await tried(`./${address}`));
JS
node web/worker.mjs | tee resolved
if [ "$(cat resolved)" = $'pyodide/pyodide.mjs ERR_MODULE_NOT_FOUND\n./pyodide/pyodide.mjs true' ] && [ -s cdn ]; then
  echo "The finding holds."
else
  echo "The behaviour has changed."
  exit 1
fi
