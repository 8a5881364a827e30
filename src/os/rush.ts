/**
 * When hundreds of programs start at once, the first thing is that they run: what their readers cost is spent when
 * nobody has come for a moment. A few at a time begin at once. Nothing is lost meanwhile, it waits in the FIFOs.
 */

/** So many may begin at once, within the time that makes a rush. */
const few = 16
/** Nobody came for so long: the rush is over. Milliseconds. */
const calm = 25
/** Nobody waits longer than this. Milliseconds. */
const patience = 2000

const state = { begun: 0, since: 0, waiting: [] as (() => void)[], timer: null as NodeJS.Timeout | null }

/** Calls `begin` now, or when the rush is over. */
export function beginSoon(begin: () => void): void {
  state.begun += 1
  if (state.begun <= few) begin()
  else state.waiting.push(begin)
  if (state.timer === null) state.since = performance.now()
  else if (performance.now() - state.since > patience) return // the timer that is set ends it
  else clearTimeout(state.timer)
  state.timer = setTimeout(end, calm)
}

function end(): void {
  const { waiting } = state
  state.timer = null
  state.begun = 0
  state.waiting = []
  for (const begin of waiting) begin()
}
