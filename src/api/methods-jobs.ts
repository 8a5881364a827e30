/** Methods of jobs: declared as the others in methods.ts, which takes them in. */
import type { MethodDeclaration } from './declare.ts'
import { someTargets, timeout } from './params.ts'

export const jobMethods = {
  trigger: {
    summary: 'Runs jobs once, now, whether they are started or stopped',
    verb: 'POST',
    path: '/trigger',
    params: {
      targets: someTargets,
      wait: { kind: 'boolean', default: false, doc: 'Answer when the run is over, with its retries; the outcome is that of the run.' },
      timeout,
    },
    answer: 'value',
    waits: true,
  },
} as const satisfies Record<string, MethodDeclaration>
