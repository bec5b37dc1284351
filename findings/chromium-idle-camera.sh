#!/usr/bin/env bash
# Chromium gives a camera's pictures to no other tab while a tab keeps it open without a reader.
#
# Versions: Chromium 156.0.8078 (Debian's package chromium), its fake camera; playwright-core 1.64.1 (npm).
# Input:    one tab opens a camera, records it for a moment (or reads or plays it), and leaves it open. A second
#           tab opens the same camera and reads it for 3 s.
# Expected: 60 pictures: the camera makes 20 a second, and is live in both tabs.
# Observed: no picture, no error, no `mute` event: the second tab's track is live and not muted. It is so for all
#           three readers. Control: if the first tab has not read its camera yet, there are 60, and also if it
#           still has an idle <video> element with the stream, never played.
set -euo pipefail
command -v chromium >/dev/null || { echo "needs Debian's package chromium"; exit 2; }
d=$(mktemp -d); trap 'rm -rf "$d"' EXIT; cd "$d"
npm install --silent --no-audit --no-fund --prefix . playwright-core@1.64.1 || exit 2

cat > look.mjs <<'JS'
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const server = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<!doctype html>'));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://localhost:${server.address().port}/`;

const uses = {
  nothing: async () => {},
  recorder: async () => {
    const recorder = new MediaRecorder(stream);
    const began = new Promise((resolve) => (recorder.onstart = resolve));
    recorder.start();
    await began;
    const ended = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.stop();
    await ended;
  },
  processor: async () => {
    const reader = new MediaStreamTrackProcessor({ track: stream.getVideoTracks()[0] }).readable.getReader();
    (await reader.read()).value.close();
    await reader.cancel();
  },
  video: async () => {
    const video = document.createElement('video');
    video.srcObject = stream;
    await video.play();
    video.srcObject = null;
  },
  'recorder, and an idle <video>': async () => {
    const recorder = new MediaRecorder(stream);
    const began = new Promise((resolve) => (recorder.onstart = resolve));
    recorder.start();
    await began;
    recorder.stop();
    window.idle = document.createElement('video');
    idle.srcObject = stream;
  },
};
const read = async () => {
  const [track] = (await navigator.mediaDevices.getUserMedia({ video: true })).getVideoTracks();
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  const over = new Promise((resolve) => setTimeout(() => resolve({ done: true }), 3000));
  for (let count = 0; ; count++) {
    const { done, value } = await Promise.race([reader.read(), over]);
    if (done) return { count, state: track.readyState, muted: track.muted };
    value.close();
  }
};

const args = ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
args.push('--autoplay-policy=no-user-gesture-required');
const seen = {};
for (const [name, use] of Object.entries(uses)) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
  const context = await browser.newContext();
  const [first, second] = [await context.newPage(), await context.newPage()];
  await first.goto(address);
  await second.goto(address);
  await first.evaluate('navigator.mediaDevices.getUserMedia({ video: true }).then((opened) => { window.stream = opened; })');
  await first.evaluate(use);
  seen[name] = await second.evaluate(read);
  console.log(`  the first tab has used: ${name}; the second tab gets`, seen[name]);
  await browser.close();
}
server.close();
const starved = ['recorder', 'processor', 'video'].every((name) => seen[name].count === 0 && seen[name].state === 'live');
const control = ['nothing', 'recorder, and an idle <video>'].every((name) => seen[name].count > 30);
console.log(starved && control ? 'The finding holds.' : 'The behaviour has changed.');
process.exit(starved && control ? 0 : 1);
JS
node look.mjs
