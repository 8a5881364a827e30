/** Every command, each loaded when it runs: what main.ts hands over to. */
import { run } from './run.ts'
import { processWorld } from './world.ts'

/** Runs a command line in this process; resolves with the exit code. */
export function runInFull(argv: readonly string[], exit: (code: number) => void): Promise<number> {
  return run(argv, processWorld(exit))
}
