/** Whether a master's programs are as far as they are to be by themselves: for load balancers and Kubernetes. Pure. */
import { namespec } from '../core/spec.ts'
import type { ProcessView } from '../core/model.ts'

export interface NotReady {
  readonly process: string
  readonly state: string
  readonly reason: string
}

/** The processes with autostart that are not RUNNING and well, and have not done their work and ended. */
export function notReady(views: readonly ProcessView[]): NotReady[] {
  return views.filter(view => view.spec.autostart && !isReady(view)).map(view => ({
    process: namespec(view.group, view.name), state: view.state, reason: view.reason === '' ? view.description : view.reason,
  }))
}

function isReady(view: ProcessView): boolean {
  if (view.state === 'RUNNING') return view.health !== 'unhealthy' && view.want === 'up'
  return view.state === 'EXITED' && view.want === 'down' && view.exits.at(-1)?.expected === true
}
