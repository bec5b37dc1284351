"""The dialogue of `input` in the page."""


def dialogue():
    """The element, which is in a shadow tree; or None."""
    from js import document

    roots = [element.shadowRoot for element in document.body.children]
    return next((found for root in roots if root and (found := root.querySelector("dialog"))), None)
