"""Where Python runs: the browser, the bridge to the page, the hosts, the modules of JavaScript."""
