/**
 * Open a channel through which Python in one worker reaches this page's camera, microphone and `MediaRecorder`.
 *
 * Whoever knows the name may record in this page, so the name is random. Pass it to your worker only, where Python calls
 * `await mediarecorder.connect(name)`. The page stops the worker's devices when the worker ends.
 *
 * @param name  a name of your own, for a host that can pass nothing to the worker. It must contain a random UUID, or 32
 * random hexadecimal digits; otherwise the call throws a `RangeError`. By default, the name is a new one.
 * @returns the channel's name
 */
export function openChannel(name?: string): string;

/** The version of this file. The worker's Python package must have the same. */
export const version: string;
