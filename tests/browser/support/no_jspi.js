// If imported before Pyodide, this makes the realm look like a browser without JSPI.
for (const name of ["Suspending", "promising", "Suspender", "SuspendError"]) Reflect.deleteProperty(WebAssembly, name);
