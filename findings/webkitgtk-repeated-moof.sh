#!/usr/bin/env bash
# WebKitGTK writes the header of a fragment twice into its MP4 recordings, and the data once.
#
# Versions: WebKitGTK 2.50.6 and GStreamer 1.22 of Debian 12 (webkit2gtk-driver,
#           gstreamer1.0-plugins-bad and xvfb must be installed), Selenium 4.51.0.
# Input:    takes of 2.5 s of the mock microphone, recorded as audio/mp4 by plain JavaScript.
# Expected: each `moof` is followed by its `mdat`, and the sequence numbers are 1, 2, 3.
# Observed: the last fragment has two equal `moof` boxes before its `mdat`: the numbers are
#           1, 2, 3, 3. The first one's data offset leads into the second one. FFmpeg reads 21
#           packets more than were recorded, and its decoder complains ("channel element 1.11 is
#           not allocated"). Some takes lack the last fragment altogether, and a few of a thousand
#           end within it: after a header, or within the data.
set -euo pipefail
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
browser=$(ls /usr/lib/*/webkit2gtk-4.*/MiniBrowser 2>/dev/null | tail -n 1)
command -v WebKitWebDriver Xvfb >/dev/null && [ -n "$browser" ] || exit 2
python3 -m pip install -qq --disable-pip-version-check --root-user-action=ignore --target py selenium==4.51.0 || exit 2

cat > record.js <<'JS'
const done = arguments[arguments.length - 1];
(async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream), chunks = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, 2500));
  recorder.stop();
  await stopped;
  return [...new Uint8Array(await new Blob(chunks).arrayBuffer())];
})().then(done, (error) => done(String(error)));
JS

PYTHONPATH=py python3 - "$browser" <<'PY'
import functools, http.server, os, struct, subprocess, sys, threading
from selenium import webdriver

told, tells = os.pipe()
display = subprocess.Popen(["Xvfb", "-displayfd", str(tells), "-nolisten", "tcp"], pass_fds=[tells], stderr=subprocess.DEVNULL)
os.close(tells)
name = ":" + os.fdopen(told).readline().strip()
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=".")
handler.log_message = http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
threading.Thread(target=server.serve_forever, daemon=True).start()

options = webdriver.WebKitGTKOptions()
options.binary_location = sys.argv[1]
for flag in ("--automation", "--enable-media-stream=true", "--enable-mock-capture-devices=true"):
    options.add_argument(flag)
service = webdriver.WebKitGTKService("/usr/bin/WebKitWebDriver", env={**os.environ, "DISPLAY": name, "GDK_BACKEND": "x11"})
driver = webdriver.WebKitGTK(options, service)

def boxes(data):
    """Kind and sequence number of the boxes with media."""
    at, found = 0, []
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"moof":
            found.append(f"moof {struct.unpack_from('>I', data, at + 20)[0]}")
        elif kind == b"mdat":
            found.append("mdat")
        at += max(size, 8)
    return found

try:
    driver.get(f"http://localhost:{server.server_port}/")
    seen = []
    for _ in range(5):
        data = bytes(driver.execute_async_script(open("record.js").read()))
        seen.append(boxes(data))
        print(f"{len(data)} bytes:", ", ".join(seen[-1]))
finally:
    driver.quit()
    display.terminate()
holds = any(one == two != "mdat" for found in seen for one, two in zip(found, found[1:]))
print("The finding holds." if holds else "The behaviour has changed.")
sys.exit(not holds)
PY
