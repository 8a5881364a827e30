/** Carries out the methods of methods-programs.ts, as handlers.ts does the others. */
import { splitCommand } from '../config/words.ts'
import { Fault } from '../lib/fault.ts'
import { resolve } from './handler.ts'
import type { Handler } from './handler.ts'
import type { programMethods } from './methods-programs.ts'
import { treeOf } from './tree.ts'

export const programHandlers: { readonly [M in keyof typeof programMethods]: Handler<M> } = {
  launch(master, params, caller) {
    const { name, command, literal, directory } = params
    const split = literal ? splitCommand(command) : null
    if (split?.ok === false) throw new Fault('BAD_ARGUMENTS', `command cannot be split: ${split.reason}`)
    if (directory !== undefined && !directory.startsWith('/')) throw new Fault('BAD_ARGUMENTS', 'directory must be an absolute path')
    const warnings = master.programs.add({
      name,
      command: split === null ? command : split.words,
      directory: directory ?? null,
      environment: pairsOf('environment', params.environment),
      options: pairsOf('options', params.options),
    }, caller.by)
    return { name, warnings: [...warnings] }
  },
  save(master, _params, caller) {
    const { file, programs, exposed } = master.programs.save(caller.by)
    return { file, programs: [...programs], exposed }
  },
  async delete(master, params, caller) {
    const { result, file } = await master.programs.remove(params.program, { sure: params.sure }, caller.by)
    return { result, file }
  },
  tree: (master, params) => treeOf(master, resolve(master, params.targets)),
}

/** Values are never shown: they may be secrets. */
function pairsOf(what: string, words: readonly string[]): Record<string, string> {
  const pairs = new Map<string, string>()
  for (const word of words) {
    const at = word.indexOf('=')
    if (at < 1) throw new Fault('BAD_ARGUMENTS', `${what} must be KEY=value${at === 0 ? ', a name is missing' : `, not '${word.slice(0, 40)}' without =`}`)
    pairs.set(word.slice(0, at), word.slice(at + 1))
  }
  return Object.fromEntries(pairs)
}
