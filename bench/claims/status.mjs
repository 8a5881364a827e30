/** Claim: `nsup status` takes at most 2 × `node -e 0`, and is at least three times faster than `supervisorctl status`. */
import { runClient } from '../lib/client.mjs'
import { median } from '../lib/stats.mjs'

const limits = [{ atMost: 2, of: 'floor' }, { atMost: 1 / 3, of: 'supervisord' }]

/** @type {import('../run.mjs').Claim} */
export const status = {
  id: 'status',
  sizes: [1, 500],
  rows: [
    { id: 'status.1', title: 'status, 1 program (floor: node -e 0)', unit: 'ms', limits },
    { id: 'status.500', title: 'status, 500 programs (floor: node -e 0)', unit: 'ms', limits },
  ],
  during: async (fleet, size) => {
    const command = fleet.commands.status ?? [process.execPath, '-e', '0']
    const samples = []
    for (let i = 0; i < 7; i++) {
      const { ms, code, output } = await runClient(command, fleet.env)
      if (code !== 0) throw new Error(`${command.join(' ')} exits ${code}: ${output.slice(0, 500)}`)
      const missing = fleet.commands.status && fleet.programs.find(({ name }) => !output.includes(name))
      if (missing) throw new Error(`${command.join(' ')} does not tell of ${missing.name}: ${output.slice(0, 500)}`)
      samples.push(ms)
    }
    return { [`status.${size}`]: median(samples) }
  },
}
