/** Wires the signals to the session that runs now. A config that does not hold never takes down what runs. */
import type { LogFields } from '../core/log-fields.ts'
import type { Clock } from '../core/ports.ts'
import type { Config } from '../config/config.ts'
import type { MasterLog } from './master-log.ts'
import type { Session } from './session.ts'
import { handleSignals } from './signals.ts'

export interface Running {
  readonly session: Session
  readonly log: MasterLog
  readonly config: Config
}

const ofSignal: LogFields = { event: 'signal' }

/** Installs the handlers; `running` is asked at each signal. */
export function reactToSignals(running: () => Running | null, clock: Clock): void {
  const react = (sentence: string, act: (now: Running) => void): void => {
    const now = running()
    if (now === null) return
    now.log.warn(sentence, ofSignal)
    act(now)
  }
  handleSignals(
    {
      exit: (signal) => {
        react(`received ${signal} indicating exit request`, ({ session }) => {
          session.master.end('shutdown', `signal ${signal}`)
        })
      },
      hurry: (signal) => {
        react(`received ${signal} for the third time: no more grace`, ({ session }) => {
          session.hurry()
        })
      },
      hangup: () => {
        const now = running()
        if (now !== null) hangUp(now)
      },
      relayUsr1: () => {
        react('received SIGUSR1, relayed to the running processes', ({ session }) => {
          session.relay('SIGUSR1')
        })
      },
      reopenLogs: () => {
        react('received SIGUSR2 indicating log reopen request', ({ session }) => {
          session.master.reopenLogs('signal SIGUSR2')
        })
      },
      ignored: (signal) => {
        react(`received ${signal}, ignored`, () => undefined)
      },
    },
    () => clock.monotonic(),
  )
}

/** YAML: applies the difference. INI: supervisord's full restart. */
function hangUp({ session, log, config }: Running): void {
  if (session.master.info().state !== 'RUNNING') {
    log.warn('received SIGHUP during shutdown, ignored', ofSignal)
    return
  }
  log.warn(`received SIGHUP indicating ${config.format === 'ini' ? 'restart' : 'update'} request`, ofSignal)
  const refused = (error: unknown): void => {
    log.error(`the config is not applied: ${(error as Error).message}`)
  }
  if (config.format === 'yaml') {
    session.master.update([], 'signal SIGHUP').then(undefined, refused)
    return
  }
  try {
    session.master.restart('signal SIGHUP')
  } catch (error) {
    refused(error)
  }
}
