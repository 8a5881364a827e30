/**
 * The master of `nsup dev`, which belongs to the process that has started it: it listens to it over a pipe, and ends
 * with all workers when that process asks for it, or is gone, in whatever way.
 */
import { Socket } from 'node:net'
import type { Config } from '../config/config.ts'
import { forDevelopment } from '../config/development.ts'
import type { DevWishes } from '../config/development.ts'
import type { Running } from './react.ts'

/** Set in the environment of a master that is for development: its {@link DevOrder}. */
const devMark = 'NSUP_DEV'

export interface DevOrder extends DevWishes {
  /** The folder that is this master's alone, and goes with it. */
  readonly home: string
}

/** The descriptor over which it is spoken to: `stop`, `now` for no more grace, and its end, which means `stop`. */
const lifeline = 4

export class Development {
  private readonly order: DevOrder
  private running: Running | null = null
  private asked: { readonly by: string } | null = null
  private orphaned = false

  constructor(order: DevOrder) {
    this.order = order
    const socket = new Socket({ fd: lifeline, readable: true, writable: false })
    socket.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('stop')) this.stop('nsup dev')
      if (text.includes('now')) this.running?.session.hurry()
    })
    const gone = (): void => {
      this.orphaned = true
      this.stop('the end of nsup dev')
    }
    socket.on('end', gone).on('error', gone)
    socket.unref()
  }

  adapt(config: Config, logDir: string): Config {
    return forDevelopment(config, this.order, logDir)
  }

  /** A session has begun. */
  attach(running: Running): void {
    this.running = running
    if (this.asked !== null) running.session.master.end('shutdown', this.asked.by)
  }

  /** The master has ended: nobody else is there to tidy up. */
  leave(remove: (folder: string) => void): void {
    if (this.orphaned) remove(this.order.home)
  }

  private stop(by: string): void {
    if (this.asked !== null) return
    this.asked = { by }
    this.running?.session.master.end('shutdown', by)
  }
}

/** What the environment says of it; `null`: this is no master for development. Somebody may use the name for something else. */
export function developmentOf(env: NodeJS.ProcessEnv): Development | null {
  const text = env[devMark]
  return text?.startsWith('{') === true ? new Development(JSON.parse(text) as DevOrder) : null
}
