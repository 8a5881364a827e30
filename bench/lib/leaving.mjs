/** How a bench leaves the machine, whoever ends it: no fleet runs on, no folder stays. */
import { openFleets } from './fleet.mjs'
import { closeWorld } from './world.mjs'

/** Sees to it that a signal, or a reader that goes away, cleans up first; the function does it at the end. @param {import('./world.mjs').World} world */
export function leaving(world) {
  const leave = async () => {
    for (const fleet of openFleets) await fleet.destroy()
    closeWorld(world)
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void leave().then(() => process.exit(130)))
  process.stdout.once('error', () => void leave().then(() => process.exit(1))) // who read us has gone
  return leave
}
