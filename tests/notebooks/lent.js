// What a page has lent, opened and kept: an init script, also for the frames in it.
globalThis.lent = (() => {
  const tracks = [];
  const channels = [];
  const messages = [];
  if (globalThis.MediaDevices) {
    const { getUserMedia } = MediaDevices.prototype;
    MediaDevices.prototype.getUserMedia = async function (constraints) {
      const stream = await getUserMedia.call(this, constraints);
      tracks.push(...stream.getTracks());
      return stream;
    };
  }
  globalThis.BroadcastChannel = class extends BroadcastChannel {
    constructor(name) {
      super(name);
      channels.push(this);
      this.isOpen = true;
      this.addEventListener("message", ({ data }) => messages.push([name, data?.type]));
    }
    close() {
      this.isOpen = false;
      super.close();
    }
  };
  const isOurs = (name) => name.startsWith("mediarecorder-");
  const frames = (window) => [window, ...Array.from(window.frames).flatMap(frames)];

  return {
    live: () => tracks.filter((track) => track.readyState === "live").length,
    opened: () => tracks.length,
    /** Names of the library's channels that were opened here, and of those still open. */
    channels: () => channels.map(({ name }) => name).filter(isOurs),
    open: () => channels.filter(({ isOpen }) => isOpen).map(({ name }) => name).filter(isOurs),
    messages: () => messages.filter(([name]) => isOurs(name)),
    async locks() {
      const { held, pending } = await navigator.locks.query();
      return [...held, ...pending].map(({ name }) => name).filter(isOurs);
    },
    /** All that others of the origin can read: of a window they have a hold on, and what the origin keeps. */
    async texts(window) {
      const texts = [];
      for (const frame of frames(window)) {
        const roots = [frame.document];
        for (const root of roots) {
          texts.push((root.documentElement ?? root).outerHTML ?? root.innerHTML);
          for (const { shadowRoot } of root.querySelectorAll("*")) if (shadowRoot) roots.push(shadowRoot);
        }
      }
      for (const storage of [window.localStorage, window.sessionStorage]) texts.push(JSON.stringify({ ...storage }));
      for (const { name } of await indexedDB.databases()) {
        const database = await new Promise((resolve, reject) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        for (const store of database.objectStoreNames) {
          const everything = database.transaction(store).objectStore(store).getAll();
          await new Promise((resolve) => (everything.onsuccess = everything.onerror = resolve));
          texts.push(JSON.stringify(everything.result));
        }
        database.close();
      }
      return texts;
    },
  };
})();
