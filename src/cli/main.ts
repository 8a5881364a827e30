/**
 * The entry of `nsup`: runs `status` right here and leaves everything else to full.ts. It is bundled into one CommonJS
 * file, since the loader of ES modules alone costs 5 ms and each further file one more, of the 25 that `status` may
 * take beside node itself.
 */
import { findCommand } from './commands.ts'
import { parse } from './parse.ts'
import { runParsed } from './run.ts'
import { processWorld } from './world.ts'

const argv = process.argv.slice(2)
const exit = (code: number): void => process.exit(code)
const parsed = parse(argv, findCommand)
const isQuick = parsed.kind === 'command' && parsed.command.name === 'status' && !parsed.options.help && !parsed.options.version

const ended = isQuick ? runParsed(parsed, processWorld(exit)) : import('./full.ts').then(({ runInFull }) => runInFull(argv, exit))
void ended.then(exit)
