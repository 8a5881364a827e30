/** Publishes ticks at multiples of 5, 60 and 3600 seconds of wall time; while nobody wants them no timer is armed. */
import type { Clock } from '../core/ports.ts'
import type { Bus } from './bus.ts'

const periods = [5, 60, 3600] as const

export class Ticker {
  private readonly clock: Clock
  private readonly bus: Bus
  /** The last boundary of each period that is wanted, epoch seconds. */
  private readonly last = new Map<(typeof periods)[number], number>()
  private cancel: (() => void) | null = null

  constructor(clock: Clock, bus: Bus) {
    this.clock = clock
    this.bus = bus
  }

  /** To be called when somebody may have begun or ceased to want ticks. */
  look(): void {
    const wall = this.clock.wall()
    for (const period of periods) {
      if (!this.bus.isWanted(`tick.${period}`)) this.last.delete(period)
      else if (!this.last.has(period)) this.last.set(period, boundary(wall, period))
    }
    this.arm(wall)
  }

  close(): void {
    this.cancel?.()
    this.cancel = null
    this.last.clear()
  }

  private arm(wall: number): void {
    this.cancel?.()
    this.cancel = null
    if (this.last.size === 0) return
    const delays = [...this.last.keys()].map((period) => period * 1000 - (wall % (period * 1000)))
    this.cancel = this.clock.after(Math.min(...delays), () => {
      this.tick()
    })
  }

  /** A timer that comes early finds nothing to do; after a jump of the clock the next boundary is another one. */
  private tick(): void {
    const wall = this.clock.wall()
    for (const [period, last] of [...this.last].sort(([a], [b]) => a - b)) {
      const when = boundary(wall, period)
      if (when === last) continue
      this.last.set(period, when)
      this.bus.publish({ type: `tick.${period}`, when })
    }
    this.arm(this.clock.wall())
  }
}

function boundary(wall: number, period: number): number {
  return Math.floor(wall / 1000 / period) * period
}
