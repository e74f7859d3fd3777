import { closeSync, openSync, writeSync } from 'node:fs'

/** Takes all the room that is left on the disk, to the last page, by making `file` longer. */
export function fillUp(file: string): void {
  const handle = openSync(file, 'a')
  try {
    for (const size of [1 << 20, 1 << 12]) append(handle, Buffer.alloc(size))
  } finally {
    closeSync(handle)
  }
}

function append(handle: number, bytes: Buffer): void {
  try {
    while (writeSync(handle, bytes) === bytes.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
