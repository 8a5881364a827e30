/**
 * The entry that bin/nsup loads: runs `status` right here and leaves everything else to main.ts. It is bundled into
 * one CommonJS file, since the loader of ES modules alone costs 5 ms and each further file one more, of the 25 that
 * `status` may take beside node itself.
 */
import { findCommand } from './commands.ts'
import { parse } from './parse.ts'
import { runParsed } from './run.ts'
import { processWorld } from './world.ts'

const parsed = parse(process.argv.slice(2), findCommand)
const isQuick = parsed.kind === 'command' && parsed.command.name === 'status' && !parsed.options.help && !parsed.options.version

if (isQuick) void runParsed(parsed, processWorld()).then((code) => process.exit(code))
else void import('./main.ts')
