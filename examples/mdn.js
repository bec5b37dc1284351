// Based on MDN's example, which is in the public domain (CC0).

const record = document.querySelector("#record");
const stop = document.querySelector("#stop");
const state = document.querySelector("#state");
const audio = document.querySelector("audio");

try {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const mediaRecorder = new MediaRecorder(stream);
  let chunks = [];

  record.onclick = (e) => {
    mediaRecorder.start();
    state.textContent = mediaRecorder.state;
    console.log("recorder started");
  };

  stop.onclick = (e) => {
    mediaRecorder.stop();
    state.textContent = mediaRecorder.state;
    console.log("recorder stopped");
  };

  mediaRecorder.onstop = (e) => {
    console.log("data available after stop()");
    const blob = new Blob(chunks);
    chunks = [];
    audio.src = URL.createObjectURL(blob);
  };

  mediaRecorder.ondataavailable = (e) => {
    chunks.push(e.data);
  };
} catch (err) {
  state.textContent = `The following error occurred: ${err}`;
}
