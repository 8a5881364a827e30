/** Claim: from the crash of a program until its replacement runs its own code, at most 1.5 × the floor. */
import { median, now, sleep } from '../lib/stats.mjs'

const limits = [{ atMost: 1.5, of: 'floor' }]

/** @type {import('../run.mjs').Claim} */
export const crash = {
  id: 'crash',
  sizes: [1, 500],
  rows: [
    { id: 'crash.1', title: 'crash until the replacement runs, 1 program', unit: 'ms', limits },
    { id: 'crash.500', title: 'crash until the replacement runs, among 500', unit: 'ms', limits },
  ],
  during: async (fleet, size, options) => {
    const end = now() + (options.quick ? 2000 : 4000)
    const samples = []
    while (samples.length < 30 && (samples.length < 2 || now() < end)) {
      samples.push(await crashOne(fleet, samples.length))
      await sleep(20) // the next crash finds the master at rest
    }
    return { [`crash.${size}`]: median(samples) }
  },
}

/** @param {import('../lib/fleet.mjs').Fleet} fleet @param {number} turn */
async function crashOne(fleet, turn) {
  const program = fleet.programs[(turn * 37) % fleet.programs.length]
  const pid = fleet.announcements.current.get(program?.name ?? '')
  if (!program || !pid) throw new Error('a program without a pid')
  const back = fleet.announcements.next((said) => said.name === program.name && said.pid !== pid, `${program.name} runs again`)
  const begin = now()
  process.kill(pid, 'SIGKILL')
  return (await back).at - begin
}
