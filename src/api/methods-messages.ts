/** The method that speaks to workers: declared as the others in methods.ts, which takes it in. */
import type { MethodDeclaration } from './declare.ts'

export const messageMethods = {
  send: {
    summary: 'Sends a message to workers that say messages: true',
    verb: 'POST',
    path: '/messages',
    params: {
      to: { kind: 'string', max: 1000, required: true, doc: 'A process, a program (one of its processes, in turns), or NAME:* for all of a group or program.' },
      data: { kind: 'json', required: true, doc: 'What is said: any JSON.' },
      mode: { kind: 'enum', values: ['one', 'all'], doc: 'One of those that are meant, or all; by itself a name means one and NAME:* all.' },
    },
    answer: 'value',
  },
} as const satisfies Record<string, MethodDeclaration>
