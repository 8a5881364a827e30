// What comes before the tests: types, lint and the build, at the same time, each with its output in one piece.
import { spawn } from 'node:child_process'

const checks = ['types', 'lint', 'build'].map((name) => new Promise((resolve) => {
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
  child.on('close', (code) => {
    console.log(`--- ${name}: ${code === 0 ? 'good' : 'FAILED'}\n${said}`)
    resolve(code === 0)
  })
}))
if ((await Promise.all(checks)).includes(false)) process.exit(1)
