/**
 * Ends the worker. Not left to an empty event loop: while Node takes that down, a repeated signal would kill the worker,
 * and a forgotten timer of the user's would keep it. What waits for the master gets its last chance.
 */
import { channel } from './channel.ts'

export function leave(code: number): void {
  channel.flush()
  process.exit(code)
}
