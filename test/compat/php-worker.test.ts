/** The workers in PHP, with pcntl handlers: the same suites as the other languages, where PHP is installed. */
import { join } from 'node:path'
import { describe } from 'vitest'
import { plainWorkersLive } from '../e2e/plain-workers-suite.ts'
import { plainWorkers, workers } from '../unit/examples/plain-worker-suite.ts'
import { examples, queueWorkers } from '../unit/examples/queue-worker-suite.ts'

queueWorkers([['PHP', ['php', join(examples, 'queue_worker.php')]]], [['JavaScript', [process.execPath, join(examples, 'queue-worker.mjs')]]])

plainWorkers([['PHP', ['php', join(workers, 'worker.php')], { long: true }]])

describe('the worker in PHP on the plain protocol', () => {
  plainWorkersLive(['php'])
})
