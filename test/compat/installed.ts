/** Sees to it that the compat tests have what they need: the built program, and the real supervisord beside it. */
import { spawnSync } from 'node:child_process'
import build from '../e2e/build.ts'

const needed = ['supervisord', 'supervisorctl', 'python3'] as const

export default function setup(): void {
  const missing = needed.filter((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error !== undefined)
  if (missing.length > 0) {
    throw new Error(`the compat tests compare with the real supervisord, and ${missing.join(', ')} cannot be found: apt-get install supervisor`)
  }
  build()
}
