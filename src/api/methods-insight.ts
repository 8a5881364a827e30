/** Methods that wait for processes and explain them: declared as the others in methods.ts, which takes them in. */
import type { MethodDeclaration } from './declare.ts'
import { someTargets, target, targets, timeout } from './params.ts'

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
  history: {
    summary: 'Reads the ledger: what has happened to processes, by whom and why, and how available they were',
    verb: 'GET',
    path: '/history',
    params: {
      targets,
      since: { kind: 'integer', min: 0, default: 86_400_000, doc: 'How far to look back, milliseconds.' },
      limit: { kind: 'integer', min: 0, max: 100_000, default: 1000, doc: 'So many entries at most, the newest; the reckoning is over all.' },
    },
    answer: 'value',
  },
  health: {
    summary: 'Asks running workers how they are, by their health_signal, and waits for what each reports',
    verb: 'POST',
    path: '/health',
    params: {
      targets,
      timeout: { kind: 'integer', min: 1, max: 600_000, default: 2000, doc: 'Milliseconds to wait for an answer.' },
    },
    answer: 'value',
    waits: true,
  },
  worker: {
    summary: 'Tells how the worker with this pid is: what it has reported last, or now',
    verb: 'GET',
    path: '/workers/:pid/status',
    params: {
      pid: { kind: 'integer', min: 1, required: true, doc: 'Pid of a process that runs.' },
      fresh: { kind: 'boolean', default: false, doc: 'Ask it first, and wait up to two seconds for what it says.' },
    },
    answer: 'value',
  },
} as const satisfies Record<string, MethodDeclaration>
