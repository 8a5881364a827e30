/** The client's `restart` of one program among 1 and 500, with startsecs 0: no limit, but a figure to compare. */
import { runClient } from '../lib/client.mjs'
import { median } from '../lib/stats.mjs'

/** @type {import('../run.mjs').Claim} */
export const restart = {
  id: 'restart',
  sizes: [1, 500],
  rows: [
    { id: 'restart.1', title: 'restart of the one program, by client', unit: 'ms' },
    { id: 'restart.500', title: 'restart of one among 500, by client', unit: 'ms' },
  ],
  during: async (fleet, size) => {
    const { restart: command } = fleet.commands
    const name = fleet.programs[0]?.name ?? ''
    if (!command) return {}
    const samples = []
    for (let i = 0; i < 5; i++) {
      const before = fleet.announcements.current.get(name)
      const { ms, code, output } = await runClient(command(name), fleet.env)
      if (code !== 0) throw new Error(`${command(name).join(' ')} exits ${code}: ${output.slice(0, 500)}`)
      if (fleet.announcements.current.get(name) === before) {
        await fleet.announcements.next((said) => said.name === name, `${name} runs after its restart`, 5000)
      }
      samples.push(ms)
    }
    return { [`restart.${size}`]: median(samples) }
  },
}
