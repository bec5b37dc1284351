// @ts-check
/** Python in a worker, without a page's help: boots Pyodide, runs one function of the test, posts its result. */

addEventListener("message", async ({ data: { pyodide: folder, bundle, root, source, module } }) => {
  if (module) await import(module);
  const { loadPyodide } = await import(`${folder}/pyodide.mjs`);
  const pyodide = await loadPyodide();
  const response = await fetch(bundle);
  if (!response.ok) throw new Error(`${bundle}: ${response.status}`);
  pyodide.unpackArchive(await response.arrayBuffer(), "zip", { extractDir: root });
  pyodide.pyimport("sys").path.insert(0, `${root}/py`);
  postMessage(String(await pyodide.runPythonAsync(source)));
});
