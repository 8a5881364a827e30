/** The port through which the API changes the list of programs; a part of the master's. */
import type { ByHandProgram } from '../config/by-hand.ts'
import type { Actor } from '../core/model.ts'

/** What came of a delete. `unsure`: nothing was done, since lines that somebody wrote would be removed. */
export interface Deleted {
  readonly result: 'deleted' | 'unsure'
  /** The file that it stands, or stood, in; `null`: in none. */
  readonly file: string | null
}

export interface ProgramList {
  /** Names of the programs that were added by hand and stand in no file. */
  names(): readonly string[]
  /** Adds and, unless its `autostart` is false, starts it; sentences to be warned of. Throws Fault BAD_ARGUMENTS, CANT_REREAD, FAILED, SHUTDOWN_STATE. */
  add(order: ByHandProgram, by: Actor): readonly string[]
  /** Writes into the config what was added by hand; `exposed`: with environment, where everybody can read it. Throws Fault CANT_REREAD, FAILED. */
  save(by: Actor): { readonly file: string; readonly programs: readonly string[]; readonly exposed: boolean }
  /** Stops it and takes it out, wherever it stands. Throws Fault BAD_NAME, BAD_ARGUMENTS, CANT_REREAD, FAILED. */
  remove(name: string, options: { readonly sure: boolean }, by: Actor): Promise<Deleted>
}
