/** Tells the service manager that started the master (systemd) how the session is getting on. */
import type { MasterLog } from './master-log.ts'
import type { Session } from './session.ts'

type Notify = (state: 'READY=1' | 'RELOADING=1' | 'STOPPING=1', warn: (sentence: string) => void) => void

/** The servers answer and the programs that start by themselves are on their way: ready. */
export function tellManager(session: Session, notify: Notify, log: MasterLog): void {
  const warn = (sentence: string): void => {
    log.warn(sentence)
  }
  const tellEnd = (): void => {
    notify(session.master.info().state === 'RESTARTING' ? 'RELOADING=1' : 'STOPPING=1', warn)
  }
  if (session.master.info().state !== 'RUNNING') return tellEnd() // asked for while it was opening
  notify('READY=1', warn)
  session.master.subscribe(tellEnd, (type) => type === 'master.stopping')
}
