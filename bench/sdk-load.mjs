/**
 * `node bench/sdk-load.mjs [ROUNDS]`: how long nsup/worker takes to load, by require and by import, in fresh processes, beside an
 * empty file of the same kind: medians of interleaved rounds. The limit is 5 ms.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const rounds = Number(process.argv[2] ?? 15)
const limit = 5
const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist')
const dir = mkdtempSync(join(tmpdir(), 'nsup-load-'))
const file = (name, text) => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}
const timed = (load) => `const began = performance.now(); ${load}; console.log(performance.now() - began)`
const byRequire = file('require.cjs', timed('require(process.argv[2])'))
const byImport = file('import.mjs', timed('await import(process.argv[2])'))

/** @type {Record<string, { args: string[], took: number[] }>} */
const contenders = {
  'require, empty file': { args: [byRequire, file('empty.cjs', '')], took: [] },
  'require nsup/worker': { args: [byRequire, join(dist, 'worker.cjs')], took: [] },
  'import, empty file': { args: [byImport, file('empty.mjs', '')], took: [] },
  'import nsup/worker': { args: [byImport, join(dist, 'worker.js')], took: [] },
}
try {
  for (let round = 0; round < rounds; round += 1) {
    for (const { args, took } of Object.values(contenders)) took.push(Number(execFileSync(process.execPath, args, { encoding: 'utf8' })))
  }
} finally {
  rmSync(dir, { recursive: true })
}
for (const [name, { took }] of Object.entries(contenders)) {
  const median = took.sort((a, b) => a - b)[Math.floor(took.length / 2)] ?? NaN
  const verdict = name.includes('empty') ? '' : median <= limit ? `PASS (at most ${limit} ms)` : `FAIL (more than ${limit} ms)`
  console.log(`${name.padEnd(22)} ${median.toFixed(2).padStart(6)} ms  ${verdict}`)
  if (verdict.startsWith('FAIL')) process.exitCode = 1
}
