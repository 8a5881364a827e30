/** supervisord and supervisorctl, if they are on the PATH. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { which } from '../lib/world.mjs'
import { toIni } from './ini.mjs'

/** @type {import('../lib/fleet.mjs').Contender} */
export const supervisord = {
  id: 'supervisord',
  unavailable: () => (which('supervisord') ? null : 'supervisord is not on the PATH'),
  configure(plan) {
    const file = join(plan.dir, 'supervisord.conf')
    writeFileSync(file, toIni(plan))
    const client = ['supervisorctl', '-c', file]
    return {
      launch: ['supervisord', '-n', '-c', file],
      status: [...client, 'status'],
      restart: (name) => [...client, 'restart', name],
    }
  },
}
