"""A sound server without a sound card, for a browser that needs an audio output."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.lanes import Lane

START_LIMIT = 20


class SoundServerMissingError(Exception):
    """PulseAudio is not installed, or does not start; the text says what to do."""


class SoundServer:
    """Runs PulseAudio with nothing but a null sink until it is closed.

    ``variables`` are those of the environment that lead a program to it. It uses no other server's files, and
    no other program finds it.
    """

    def __init__(self) -> None:
        program = shutil.which("pulseaudio")
        if program is None:
            raise SoundServerMissingError(
                "Firefox plays no sound without an audio output, and PulseAudio is missing. As root on "
                "Debian: apt-get install pulseaudio; or leave these tests out: make test SOUND_LANE=0"
            )
        self._folder = tempfile.TemporaryDirectory(prefix="sound-", ignore_cleanup_errors=True)
        socket = Path(self._folder.name, "native")
        self.variables = {"PULSE_SERVER": f"unix:{socket}", "PULSE_RUNTIME_PATH": self._folder.name}
        own = {"HOME": self._folder.name, "XDG_RUNTIME_DIR": self._folder.name}
        self._server = subprocess.Popen(
            [
                *(program, "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"),
                *("--disable-shm=yes", "--realtime=no", "--high-priority=no", "--log-target=null"),
                *("-L", "module-null-sink"),
                *("-L", f"module-native-protocol-unix auth-anonymous=1 socket={socket}"),
            ],
            env={**self.variables, **own},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_LIMIT
        while not socket.exists():
            if self._server.poll() is not None or time.monotonic() > end:
                self.close()
                raise SoundServerMissingError("PulseAudio does not start")
            time.sleep(0.02)

    def close(self) -> None:
        self._server.terminate()
        self._server.wait()
        self._folder.cleanup()


class Sound:
    """The sound server of this process, which starts with the first browser that needs it."""

    def __init__(self) -> None:
        self._server: SoundServer | None = None

    def options(self, lane: Lane) -> dict[str, Any]:
        """Arguments of ``playwright.<engine>.launch`` that lead the lane's browser to it."""
        if not lane.sound:
            return {}
        self._server = self._server or SoundServer()
        return {"env": {**os.environ, **self._server.variables}}

    def close(self) -> None:
        if self._server:
            self._server.close()
