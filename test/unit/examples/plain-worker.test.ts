/** The plain workers in the languages that every machine of a developer has; PHP is with the compat tests. */
import { join } from 'node:path'
import { plainWorkers, workers } from './plain-worker-suite.ts'

plainWorkers([
  ['Python', ['python3', join(workers, 'worker.py')], { long: true }],
  ['sh', ['sh', join(workers, 'worker.sh')], { long: false }],
])
