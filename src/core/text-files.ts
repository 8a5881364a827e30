/** The port of files that people write too, and that are read and replaced as a whole. */

export interface TextFiles {
  /** `null`: there is none. Throws what the kernel says otherwise. */
  read(path: string): string | null
  /** An errno name, or `null`. A file that was not there is for its owner alone, as is the folder that is made for it. */
  replace(path: string, text: string): string | null
  /** Everybody can read it. */
  isPublic(path: string): boolean
}
