/** The queue worker of the shop in the languages that every machine of a developer has; PHP is with the compat tests. */
import { join } from 'node:path'
import { examples, queueWorkers } from './queue-worker-suite.ts'

queueWorkers([
  ['JavaScript', [process.execPath, join(examples, 'queue-worker.mjs')]],
  ['Python', ['python3', join(examples, 'queue_worker.py')]],
  ['sh', ['sh', join(examples, 'queue-worker.sh')]],
])
