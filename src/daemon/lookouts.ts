/** What looks at processes and their surroundings from outside while they run: probes, and the files that are watched. */
import type { Proc } from '../core/proc.ts'
import { FileWatches } from './file-watches.ts'
import type { FileWatchPorts } from './file-watches.ts'
import { ProbeRounds } from './probes.ts'

export class Lookouts {
  private readonly rounds: ProbeRounds
  private readonly files: FileWatches

  constructor(ports: ConstructorParameters<typeof ProbeRounds>[0] & FileWatchPorts) {
    this.rounds = new ProbeRounds(ports)
    this.files = new FileWatches(ports)
  }

  touch(proc: Proc): void {
    this.rounds.touch(proc)
  }

  forget(proc: Proc): void {
    this.rounds.forget(proc)
  }

  settled(order: readonly { readonly proc: Proc }[]): void {
    this.rounds.settled(order)
    this.files.settled(order)
  }

  close(): void {
    this.rounds.close()
    this.files.close()
  }
}
