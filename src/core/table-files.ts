/** The port through which tables are kept on a disk: one folder for each, with files of lines. */

/** A file or a folder is there and cannot be read. */
export class Unreadable extends Error {
  readonly path: string
  readonly errno: string

  constructor(path: string, errno: string) {
    super(`${path} cannot be read: ${errno}`)
    this.path = path
    this.errno = errno
  }
}

/** A file that is written from its beginning to its end. Nothing here throws: what went wrong is an errno name. */
export interface LineFile {
  /** Adds text at the end; `null`: it is there. What is in the file after a failure is not known. */
  append(text: string): string | null
  /** Calls back when all that was added is on the disk. */
  sync(done: (errno: string | null) => void): void
  close(): void
}

export interface TableFiles {
  /** Names in a folder; none when it is not there. Throws {@link Unreadable}. */
  list(folder: string): readonly string[]
  /** The lines of a file without their ends, the last one also when it is cut; each is only lent until the next. None when it is not there. Throws {@link Unreadable}. */
  lines(path: string): Iterable<Uint8Array>
  /** Makes a new file and the folders above it, mode 0600 and 0700; an errno name when that cannot be done. */
  create(path: string): LineFile | string
  /** Puts a file in the place of another in one go. */
  rename(from: string, to: string): string | null
  /** Removes a file, or a folder with all that is in it; nothing happens when it is not there. What went wrong is an errno name. */
  remove(path: string): string | null
}
