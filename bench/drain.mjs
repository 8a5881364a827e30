/**
 * `node bench/drain.mjs [SEED]`: the proofs of draining in full size, which take a minute or two. 10 workers do 10 000 jobs each
 * while nsup restarts them 200 times, and again while 100 of them are killed; then two servers behind a balancer are restarted
 * 20 times under load. The gate runs the same with less (test/e2e/drain.test.ts, drain-balanced.test.ts).
 */
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const env = { ...process.env, NSUP_DRAIN_FULL: '1', NSUP_DRAIN_SEED: process.argv[2] ?? '7' }
const vitest = ['npx', 'vitest', 'run', '--project', 'e2e', '--reporter', 'verbose', 'test/e2e/drain.test.ts', 'test/e2e/drain-balanced.test.ts']
const [command, ...args] = vitest
spawn(command, args, { cwd: root, env, stdio: 'inherit' }).once('exit', (code) => { process.exitCode = code ?? 1 })
