// Interfaces that only workers have, or that are not in the standard yet
// (https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle).

interface FileSystemSyncAccessHandle {
  read(data: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  write(data: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  getSize(): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
  /**
   * Not in the standard yet, but in all browsers (https://developer.mozilla.org/docs/Web/API/FileSystemHandle/move).
   */
  move(name: string): Promise<void>;
}
