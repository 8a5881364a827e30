/** Runs a command to its end and says how long that took and what it printed. */
import { spawn } from 'node:child_process'
import { now } from './stats.mjs'

/**
 * @param {string[]} argv
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ ms: number, code: number | null, output: string }>}
 */
export function runClient(argv, env) {
  return new Promise((resolve, reject) => {
    const begin = now()
    let ms = NaN
    const child = spawn(argv[0], argv.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (data) => (output += String(data)))
    child.stderr.on('data', (data) => (output += String(data)))
    child.on('error', reject)
    child.on('exit', () => (ms = now() - begin))
    child.on('close', (code) => resolve({ ms, code, output }))
  })
}
