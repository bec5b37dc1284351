"""The programs that the tests need: browsers, and judges of media files."""

from __future__ import annotations

import shutil

import installed_browsers

from . import apt, environment, process

#: Programs that judge media files, and their Debian packages.
JUDGES = {
    "mediainfo": "mediainfo",
    "mkvmerge": "mkvtoolnix",
    "opusinfo": "opus-tools",
    "mp3val": "mp3val",
    "exiftool": "libimage-exiftool-perl",
}
#: Programs that the tests need besides browsers and FFmpeg: the judges, and an audio output for Firefox.
NEEDED = {**JUDGES, "pulseaudio": "pulseaudio"}


def from_debian() -> None:
    """Install missing programs by one call of apt-get: reading its lists takes longer than the rest."""
    has_ffmpeg = shutil.which("ffmpeg") and shutil.which("ffprobe")
    apt.install(
        *(
            installed_browsers.DEBIAN_PACKAGES[name]
            for name in installed_browsers.missing()
            if apt.is_debian()
        ),
        *([] if has_ffmpeg else ["ffmpeg"]),
        *(package for program, package in NEEDED.items() if not shutil.which(program)),
        *installed_browsers.missing_of_webkit(),
    )


def browsers_from_playwright() -> None:
    """Download the browsers that are still missing.

    A failure does not stop the set-up: the tests that need a browser fail, and name the same remedy.
    """
    for name in installed_browsers.missing():
        process.say(f"downloading {name} with Playwright")
        with_libraries = ["--with-deps"] if apt.is_allowed() else []
        try:
            process.run(environment.python(), "-m", "playwright", "install", *with_libraries, name)
        except process.SetupError as error:
            process.say(str(error))
    for name, find in installed_browsers.FINDERS.items():
        if not find():
            process.say(installed_browsers.remedy(name))
    if installed_browsers.missing_of_webkit():
        process.say(installed_browsers.remedy_of_webkit())
