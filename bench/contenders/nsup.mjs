/** What this is all about, through bin/ as a user runs it. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root as checkout } from '../lib/world.mjs'
import { toIni } from './ini.mjs'

/** Where bin/ and dist/ are: this checkout, or a package that is installed elsewhere. */
const root = process.env['BENCH_NSUP'] ?? checkout

/** @type {import('../lib/fleet.mjs').Contender} */
export const nsup = {
  id: 'nsup',
  unavailable: () => (existsSync(join(root, 'dist/nsupd.cjs')) ? null : 'nsup is not built: npm run build'),
  configure(plan) {
    const file = join(plan.dir, 'supervisord.conf')
    writeFileSync(file, toIni(plan))
    const client = [join(root, 'bin/nsup'), '-c', file]
    return {
      launch: [join(root, 'bin/nsupd'), '-n', '-c', file],
      status: [...client, 'status'],
      restart: (name) => [...client, 'restart', name],
    }
  },
}
