// @ts-check
/** The same writes as the store's, in plain JavaScript: write a chunk, flush it, and answer. */

addEventListener("message", async ({ data: name }) => {
  const root = await navigator.storage.getDirectory();
  const handle = await (await root.getFileHandle(name, { create: true })).createSyncAccessHandle();
  let at = 0;
  let writing = Promise.resolve();
  onmessage = ({ data }) => {
    writing = writing.then(async () => {
      if (data === null) {
        handle.close();
        await root.removeEntry(name);
        postMessage(null);
        return;
      }
      const bytes = new Uint8Array(await data.arrayBuffer());
      at += handle.write(bytes, { at });
      handle.flush();
      postMessage(bytes.length);
    });
  };
  postMessage(0);
}, { once: true });
