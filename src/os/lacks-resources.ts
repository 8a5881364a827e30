/** What this machine, or this user, cannot give of the resources that a process asks for. */
import type { Capability } from '../core/ports.ts'
import { findTree, lackOfDelegation } from './cgroup-home.ts'
import { lackOfResources } from './resources.ts'

export const lacksResources: Capability = ({ care }) => {
  const asked = care?.resources
  if (asked === undefined) return null
  const lack = lackOfResources(asked)
  if (lack !== null) return { severity: 'error', ...lack }
  const message = asked.cgroup === null ? null : lackOfDelegation(findTree(), asked.cgroup)
  if (message === null) return null
  return { severity: 'error', option: 'cgroup', message, hint: 'run the master in a group that is delegated to it (nsup install-service; systemd: Delegate=yes), or leave cgroup out' }
}
