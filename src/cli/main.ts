/** The entry of `nsup` for every command: runs the command line and ends the process with its exit code. */
import { run } from './run.ts'
import { processWorld } from './world.ts'

process.exit(await run(process.argv.slice(2), processWorld()))
