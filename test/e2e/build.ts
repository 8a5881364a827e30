/** Builds the product once before the end-to-end tests, when dist/ is missing or older than what it is made of. */
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.ts'

const sources = ['src', 'scripts', 'package.json']
const built = ['nsup.js', 'nsupd.cjs', 'load.js', 'quick.cjs', 'worker.js', 'preload.cjs'].map((name) => join(root, 'dist', name))

export default function build(): void {
  const oldest = Math.min(...built.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0))
  if (oldest > Math.max(...sources.map((path) => newest(join(root, path))))) return
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'inherit' })
}

function newest(path: string): number {
  const found = statSync(path)
  if (!found.isDirectory()) return found.mtimeMs
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}
