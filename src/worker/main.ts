/** What `nsup/worker` offers: the public face of the SDK. Each part is in a file of its own. */
export { report } from './report.ts'
export type { BusyOptions, Report } from './report.ts'
export { runWorker } from './run-worker.ts'
export type { WorkerContext, WorkerOptions } from './run-worker.ts'
export { onMessage, send } from './messages.ts'
export type { MessageOptions, SendOptions, Sent } from './messages.ts'
export type { Message, MessageHandler } from './message-queue.ts'
export { RequestError } from './inbox.ts'
