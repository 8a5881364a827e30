/** Sees to it that the compat tests have what they need: the built program, and the real supervisord beside it. */
import { spawnSync } from 'node:child_process'
import build from '../e2e/build.ts'

const needed = ['supervisord', 'supervisorctl', 'python3'] as const

/** Libraries, told by a program that ends with 0 where they are there. */
const libraries = [
  ['php', ['-r', 'exit(extension_loaded("pcntl") && extension_loaded("xmlrpc") ? 0 : 1);'], 'php-cli php-xmlrpc'],
  ['php-cgi', ['-v'], 'php-cgi'],
  ['perl', ['-MXMLRPC::Lite', '-e', '1'], 'libxmlrpc-lite-perl'],
] as const

export default function setup(): void {
  const missing = needed.filter((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error !== undefined)
  if (missing.length > 0) {
    throw new Error(`the compat tests compare with the real supervisord, and ${missing.join(', ')} cannot be found: apt-get install supervisor`)
  }
  const packages = libraries.filter(([name, args]) => spawnSync(name, args, { stdio: 'ignore' }).status !== 0).map(([, , wanted]) => wanted)
  if (packages.length > 0) throw new Error(`the compat tests have clients and workers in other languages: apt-get install ${packages.join(' ')}`)
  build()
}
