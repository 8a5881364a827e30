/** Methods that wait for processes and explain them: declared as the others in methods.ts, which takes them in. */
import type { MethodDeclaration } from './declare.ts'
import { someTargets, target, timeout } from './params.ts'

export const insightMethods = {
  wait: {
    summary: 'Answers when a condition holds for processes, or cannot come to hold by itself',
    verb: 'POST',
    path: '/wait',
    params: {
      targets: someTargets,
      for: {
        kind: 'enum',
        values: ['ready', 'healthy', 'stopped', 'exited'],
        default: 'ready',
        doc: 'ready: RUNNING; healthy: and its health check says so; stopped: it neither runs nor is to; exited: what runs now has ended.',
      },
      timeout,
    },
    answer: 'value',
    waits: true,
  },
  why: {
    summary: 'Explains why a process is as it is, what it waits for and what to do',
    verb: 'GET',
    path: '/processes/:target/why',
    params: { target },
    answer: 'value',
  },
} as const satisfies Record<string, MethodDeclaration>
