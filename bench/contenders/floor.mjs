/** The floor as a contender. It has no client. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../lib/world.mjs'

/** @type {import('../lib/fleet.mjs').Contender} */
export const floor = {
  id: 'floor',
  unavailable: () => null,
  configure(plan) {
    const file = join(plan.dir, 'plan.json')
    writeFileSync(file, JSON.stringify(plan))
    return { launch: [process.execPath, join(root, 'bench/floor/supervisor.mjs'), file] }
  },
}
