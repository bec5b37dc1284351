"""(Comes from the live-python work.)"""


def takes_changed(takes):
    pass
