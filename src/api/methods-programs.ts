/**
 * Methods that change the list of programs, and the tree of what runs: declared as the others in methods.ts, which takes
 * them in. Who may add a program may run any command, so these answer on the private socket only.
 */
import type { MethodDeclaration } from './declare.ts'
import { targets } from './params.ts'

const program = { kind: 'string', max: 256, required: true, doc: 'Name of a program.' } as const

export const programMethods = {
  launch: {
    summary: 'Adds a program to the running list, and starts it unless its autostart is false',
    verb: 'POST',
    path: '/programs',
    params: {
      name: program,
      command: { kind: 'string', max: 65_536, required: true, doc: 'The text of the option command.' },
      literal: { kind: 'boolean', default: false, doc: 'Nothing in command is expanded: its words mean themselves.' },
      directory: { kind: 'string', doc: 'Working directory, an absolute path.' },
      environment: { kind: 'strings', default: [], doc: 'KEY=value; the values mean themselves.' },
      options: { kind: 'strings', default: [], doc: 'KEY=value of further options, as a config has them.' },
    },
    answer: 'value',
    private: true,
  },
  save: {
    summary: 'Writes the programs that were added by hand into the config file',
    verb: 'POST',
    path: '/programs/save',
    params: {},
    answer: 'value',
    private: true,
  },
  delete: {
    summary: 'Stops a program and takes it out of the list, and out of the config file if it stands there',
    verb: 'DELETE',
    path: '/programs/:program',
    params: {
      program,
      sure: { kind: 'boolean', default: false, doc: 'Also if that removes lines of the config that were written by hand.' },
    },
    answer: 'value',
    waits: true,
    private: true,
  },
  tree: {
    summary: 'Lists the master, what it runs and all their descendants, with CPU and memory of each',
    verb: 'GET',
    path: '/tree',
    params: { targets },
    answer: 'value',
  },
} as const satisfies Record<string, MethodDeclaration>
