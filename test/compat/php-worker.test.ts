/** The queue worker in PHP, with pcntl handlers: the same suite as the other languages, where PHP is installed. */
import { join } from 'node:path'
import { examples, queueWorkers } from '../unit/examples/queue-worker-suite.ts'

queueWorkers([['PHP', ['php', join(examples, 'queue_worker.php')]]], [['JavaScript', [process.execPath, join(examples, 'queue-worker.mjs')]]])
