/**
 * The floor: the thinnest supervisor that Node allows. `node supervisor.mjs PLAN.json` runs the programs of the
 * plan, captures their output through FIFOs, restarts what ends, stops all at SIGTERM. It has no feature beside.
 */
import { execFileSync, spawn } from 'node:child_process'
import { constants, openSync, readFileSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'

const { dir, programs } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const buffer = Buffer.allocUnsafe(65_536)
const nothing = openSync('/dev/null', 'r')
let stopping = false
let running = 0

const fifos = programs.flatMap(({ name, logs }) => logs.map((_, i) => `${dir}/${name}.${i + 1}`))
execFileSync('mkfifo', ['-m', '600', ...fifos])

/** Opens both ends of a FIFO, captures what comes out of it, and returns the end for the children. */
function capture(fifo, log) {
  const file = openSync(log, 'a')
  const write = (length) => {
    for (let at = 0; at < length;) at += writeSync(file, buffer, at, length - at)
    return true
  }
  const fd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  new Socket({ fd, readable: true, writable: false, onread: { buffer, callback: write } })
  return openSync(fifo, constants.O_RDWR)
}

for (const program of programs) {
  const ends = program.logs.map((log, i) => capture(`${dir}/${program.name}.${i + 1}`, log))
  const stdio = [nothing, ends[0], ends[1] ?? ends[0]]
  const [file, ...args] = program.argv
  const run = () => {
    running += 1
    program.child = spawn(file, args, { stdio, detached: true }).on('exit', () => {
      running -= 1
      if (!stopping) run()
      else if (running === 0) process.exit(0)
    })
  }
  run()
}

process.on('SIGTERM', () => {
  stopping = true
  for (const { child } of programs) child.kill('SIGTERM')
})
