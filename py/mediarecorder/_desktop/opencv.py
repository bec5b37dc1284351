"""`cv2` for scripts of the desktop: the parts of OpenCV that need a camera, an encoder or a window.

If OpenCV is installed, these parts of it are replaced. (OpenCV for WebAssembly lacks them.) If not, a small
module has them and their constants, and says for everything else that OpenCV is needed.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from typing import TYPE_CHECKING, Any, NoReturn

from . import capture, conventions, video_writer, windows

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = {
    "VideoCapture": capture.VideoCapture,
    "VideoWriter": video_writer.VideoWriter,
    **{
        name: getattr(windows, name)
        for name in (
            *("imshow", "waitKey", "pollKey", "namedWindow", "getWindowProperty", "resizeWindow"),
            *("moveWindow", "destroyWindow", "destroyAllWindows"),
        )
    },
}

NUMBERED = {
    "CAP_PROP_": (
        "POS_MSEC POS_FRAMES POS_AVI_RATIO FRAME_WIDTH FRAME_HEIGHT FPS FOURCC FRAME_COUNT FORMAT MODE "
        "BRIGHTNESS CONTRAST SATURATION HUE GAIN EXPOSURE CONVERT_RGB WHITE_BALANCE_BLUE_U RECTIFICATION "
        "MONOCHROME SHARPNESS AUTO_EXPOSURE GAMMA TEMPERATURE TRIGGER TRIGGER_DELAY WHITE_BALANCE_RED_V "
        "ZOOM FOCUS GUID ISO_SPEED DC1394_MAX BACKLIGHT PAN TILT ROLL IRIS SETTINGS BUFFERSIZE AUTOFOCUS "
        "SAR_NUM SAR_DEN BACKEND CHANNEL AUTO_WB WB_TEMPERATURE CODEC_PIXEL_FORMAT BITRATE "
        "ORIENTATION_META ORIENTATION_AUTO HW_ACCELERATION HW_DEVICE HW_ACCELERATION_USE_OPENCL "
        "OPEN_TIMEOUT_MSEC READ_TIMEOUT_MSEC STREAM_OPEN_TIME_USEC VIDEO_TOTAL_CHANNELS VIDEO_STREAM "
        "AUDIO_STREAM AUDIO_POS AUDIO_SHIFT_NSEC AUDIO_DATA_DEPTH AUDIO_SAMPLES_PER_SECOND "
        "AUDIO_BASE_INDEX AUDIO_TOTAL_CHANNELS AUDIO_TOTAL_STREAMS AUDIO_SYNCHRONIZE LRF_HAS_KEY_FRAME "
        "CODEC_EXTRADATA_INDEX FRAME_TYPE N_THREADS PTS DTS_DELAY IMAGE_SEQ_START"
    ),
    "VIDEOWRITER_PROP_": (
        "UNKNOWN QUALITY FRAMEBYTES NSTRIPES IS_COLOR DEPTH HW_ACCELERATION HW_DEVICE "
        "HW_ACCELERATION_USE_OPENCL RAW_VIDEO KEY_INTERVAL KEY_FLAG PTS DTS_DELAY COLOR_SPACE "
        "ENABLE_ALPHA"
    ),
    "WND_PROP_": "FULLSCREEN AUTOSIZE ASPECT_RATIO OPENGL VISIBLE TOPMOST VSYNC",
    "VIDEO_ACCELERATION_": "NONE ANY D3D11 VAAPI MFX DRM",
}
"""Constants that count from 0."""
CONSTANTS = {
    **{prefix + name: n for prefix, names in NUMBERED.items() for n, name in enumerate(names.split())},
    **{"VIDEOWRITER_PROP_UNKNOWN": -1, "CAP_ANY": 0, "CAP_V4L": 200, "CAP_V4L2": 200, "CAP_DSHOW": 700},
    **{"CAP_ANDROID": 1000, "CAP_AVFOUNDATION": 1200, "CAP_MSMF": 1400, "CAP_WINRT": 1410},
    **{"CAP_GSTREAMER": 1800, "CAP_FFMPEG": 1900, "CAP_IMAGES": 2000, "WINDOW_NORMAL": 0},
    **{"WINDOW_AUTOSIZE": 1, "WINDOW_FULLSCREEN": 1, "WINDOW_OPENGL": 4096, "WINDOW_FREERATIO": 256},
    **{"WINDOW_KEEPRATIO": 0, "WINDOW_GUI_EXPANDED": 0, "WINDOW_GUI_NORMAL": 16},
}


def install() -> Callable[[], None]:
    """Replace these parts of OpenCV, or make the module `cv2`. The result undoes it."""
    try:
        module = import_module("cv2")
    except ImportError:
        sys.modules["cv2"] = _small()

        def undo() -> None:
            sys.modules.pop("cv2", None)

    else:
        before = {name: vars(module)[name] for name in PARTS if name in vars(module)}
        vars(module).update(PARTS)

        def undo() -> None:
            for name in PARTS:
                delattr(module, name)
            vars(module).update(before)

    def release() -> None:
        windows.destroyAllWindows()
        undo()

    return release


def _small() -> Any:
    def missing(name: str) -> NoReturn:
        raise AttributeError(
            f"cv2.{name} needs OpenCV, which is not installed: this module has cameras, files and windows. "
            'In Pyodide: await pyodide_js.loadPackage("opencv-python"), or %pip install opencv-python in a '
            "notebook, before mediarecorder.desktop.install()"
        )

    module = module_from_spec(ModuleSpec("cv2", None))
    module.__doc__ = "The parts of OpenCV that mediarecorder has, because OpenCV is not installed."
    vars(module).update(
        PARTS,
        **CONSTANTS,
        error=conventions.error,
        VideoWriter_fourcc=conventions.fourcc,
        __version__="5.0.0+mediarecorder",
        __getattr__=missing,
    )
    return module
