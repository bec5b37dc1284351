/** The parts of the peers that the benchmarks use, so that types are checked where the peers are not installed. */

declare module "recordrtc" {
  class MediaStreamRecorder {}
  export default class RecordRTC {
    static MediaStreamRecorder: typeof MediaStreamRecorder;
    constructor(
      stream: MediaStream,
      options: {
        type: "audio" | "video";
        mimeType: string;
        recorderType: typeof MediaStreamRecorder;
        timeSlice: number;
        disableLogs: boolean;
      },
    );
    startRecording(): void;
    stopRecording(done: () => void): void;
    getBlob(): Blob;
  }
}

declare module "extendable-media-recorder" {
  export const MediaRecorder: typeof globalThis.MediaRecorder;
  export function register(encoder: MessagePort): Promise<void>;
}

declare module "extendable-media-recorder-wav-encoder" {
  export function connect(): Promise<MessagePort>;
}

declare module "fix-webm-duration" {
  export default function fixWebmDuration(
    blob: Blob,
    milliseconds: number,
    options: { logger: false },
  ): Promise<Blob>;
}

declare module "@ffmpeg/ffmpeg" {
  export class FFmpeg {
    load(addresses: { classWorkerURL: string; coreURL: string; wasmURL: string }): Promise<boolean>;
    writeFile(path: string, data: Uint8Array): Promise<boolean>;
    exec(options: string[]): Promise<number>;
    readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
    deleteFile(path: string): Promise<boolean>;
  }
}
