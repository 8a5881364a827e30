/** PM2, if BENCH_PM2 names it or it is on the PATH. Its client starts the daemon, so the master is another process. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { which } from '../lib/world.mjs'

const command = which(process.env['BENCH_PM2'] ?? 'pm2')

/** @type {import('../lib/fleet.mjs').Contender} */
export const pm2 = {
  id: 'pm2',
  unavailable: () => (command ? null : 'pm2 is neither on the PATH nor named by BENCH_PM2'),
  configure(plan) {
    const pm2 = command ?? ''
    const file = join(plan.dir, 'ecosystem.config.json')
    const apps = plan.programs.map(({ name, argv, logs }) => ({
      name,
      script: argv[0],
      args: argv.slice(1),
      interpreter: 'none',
      out_file: logs[0],
      error_file: logs[1] ?? logs[0],
      max_restarts: 1e6,
    }))
    writeFileSync(file, JSON.stringify({ apps }))
    const home = join(plan.dir, 'pm2')
    return {
      env: { PM2_HOME: home },
      launch: [pm2, 'start', file],
      masterPid: () => Number(readFileSync(join(home, 'pm2.pid'), 'utf8')),
      stop: [pm2, 'kill'],
      status: [pm2, 'list'],
      restart: (name) => [pm2, 'restart', name],
    }
  },
}
