"""The demo page's policies: its own permissions, and limits for other pages. docs/hosting.md explains them.

index.html and examples/mdn.html contain ``IN_THE_PAGE`` themselves, for hosts that send no headers.
"""

from __future__ import annotations

#: The texts of the <style> elements that PyScript's editor and wavesurfer.js put into their shadow roots.
#: They change with the packages; tests/repository/test_policy.py then reports the new hash.
STYLES = {
    "@pyscript/core": "sha256-YPvgZHruHn/CvnWqHNCKxXnTcTBdohdQ0GvrSxGakVs=",
    "wavesurfer.js": "sha256-fF0LBso7Nz75zaFRDBUefBDvPe19hjaiDnnc8lt+2Js=",
}
#: The height of waveforms in pixels, which is part of wavesurfer's text.
WAVEFORM_HEIGHT = 64

IN_THE_PAGE = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval' blob:",  # PyScript does not start without it
        "worker-src 'self' blob:",
        "media-src 'self' blob:",
        "img-src 'self' blob: data:",
        " ".join(("style-src 'self'", *(f"'{digest}'" for digest in STYLES.values()))),
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
#: A <meta> element cannot restrict which sites may frame the page.
CONTENT_SECURITY_POLICY = f"{IN_THE_PAGE}; frame-ancestors 'self'"

USED = ("camera", "microphone", "display-capture", "clipboard-write", "fullscreen", "picture-in-picture")
UNUSED = ("geolocation", "hid", "midi", "payment", "serial", "usb")
PERMISSIONS_POLICY = ", ".join(
    (*(f"{feature}=(self)" for feature in USED), *(f"{feature}=()" for feature in UNUSED))
)

POLICIES = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Permissions-Policy": PERMISSIONS_POLICY}
ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
