"""The environment of Python: the browser, the bridge to the page, the hosts, the JavaScript modules."""
