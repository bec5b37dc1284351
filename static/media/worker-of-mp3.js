// @ts-check
/** Stands for `Worker` in the bundle of the MP3 encoder, which never releases the addresses of its workers. */

class ReleasingWorker extends globalThis.Worker {
  /** @param {string} url  @param {WorkerOptions} [options] */
  constructor(url, options) {
    super(url, options);
    this.release = () => URL.revokeObjectURL(url);
    this.addEventListener("message", this.release, { once: true });
  }

  terminate() {
    this.release();
    super.terminate();
  }
}

export { ReleasingWorker as Worker };
