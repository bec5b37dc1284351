// Imported before Pyodide, it makes this realm one of a browser without JSPI.
for (const name of ["Suspending", "promising", "Suspender", "SuspendError"]) Reflect.deleteProperty(WebAssembly, name);
