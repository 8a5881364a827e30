// What looking after 500 programs costs the master: CPU with a tcp probe or an http probe of each every 10 s against one
// local server, and with a watchdog each that hears of its worker every 10 s, beside the same fleet that is not looked
// after. `node bench/probes.mjs [SECONDS] [PROGRAMS]`
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { nsup } from './contenders/nsup.mjs'
import { runClient } from './lib/client.mjs'
import { cpuOf } from './lib/proc.mjs'
import { now, sleep } from './lib/stats.mjs'
import { closeWorld, openWorld, root } from './lib/world.mjs'

const [seconds = 20, count = 500] = process.argv.slice(2).map(Number)
/** The second round of probes is spread over its interval by then. */
const restSeconds = 21
/** Percent of a core, above the fleet that is not looked after. */
const costMax = 2
const unavailable = nsup.unavailable()
if (unavailable !== null) throw new Error(unavailable)

const world = openWorld()
const server = createServer((_request, response) => response.end('ok'))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
const reporting = `while :; do echo '{"watchdog":true}' >&$NSUP_REPORT_FD; sleep 10; done`

/** @type {Record<string, string>} what each program says beside its command */
const cares = {
  nothing: 'command=/bin/sleep 100000',
  tcp: `command=/bin/sleep 100000\nhealth=tcp://127.0.0.1:${port} interval=10s`,
  http: `command=/bin/sleep 100000\nhealth=http://127.0.0.1:${port}/ interval=10s`,
  watchdog: `command=/bin/sh -c "${reporting.replaceAll('"', '\\"').replaceAll('%', '%%')}"\nwatchdog=60s\nkillasgroup=true\nstopasgroup=true`,
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void leave().then(() => process.exit(130)))
try {
  /** @type {Record<string, number>} */
  const percent = {}
  for (const [kind, care] of Object.entries(cares)) percent[kind] = await costOf(kind, care)
  const idle = percent['nothing'] ?? 0
  for (const [kind, cpu] of Object.entries(percent)) {
    const cost = cpu - idle
    const verdict = kind === 'nothing' ? '' : `, ${cost.toFixed(2)} above it: ${cost < costMax ? 'PASS' : 'FAIL'} (at most ${costMax})`
    console.log(`${count} programs, ${kind}: ${cpu.toFixed(2)} % of a core${verdict}`)
    if (kind !== 'nothing' && cost >= costMax) process.exitCode = 1
  }
} finally {
  await leave()
}

async function leave() {
  for (const master of running) await end(master)
  server.close()
  closeWorld(world)
}

/** Percent of a core that the master takes. @param {string} kind @param {string} care */
async function costOf(kind, care) {
  const dir = join(world.dir, kind)
  mkdirSync(dir)
  const config = join(dir, 'supervisord.conf')
  const programs = Array.from({ length: count }, (_, i) => `[program:p${i}]\n${care}\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n`)
  writeFileSync(config, `[supervisord]\nlogfile=${dir}/master.log\npidfile=${dir}/pid\nchildlogdir=${dir}\n\n${programs.join('\n')}`)
  const env = { ...world.env, NSUP_HOME: join(dir, 'home') }
  const master = spawn(join(root, 'bin/nsupd'), ['-n', '-s', '-c', config], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  running.add(master)
  for (let up = 0; up < count; ) {
    if (master.exitCode !== null) throw new Error(`the master ended with ${master.exitCode}`)
    await sleep(500)
    const { output } = await runClient([join(root, 'bin/nsup'), '-c', config, 'status'], env)
    up = output.split('RUNNING').length - 1
  }
  await sleep(restSeconds * 1000)
  const pid = master.pid ?? 0
  const [begin, before] = [now(), cpuOf([pid])]
  await sleep(seconds * 1000)
  const cpu = ((cpuOf([pid]) - before) / (now() - begin)) * 100
  await end(master)
  return cpu
}

/** @param {import('node:child_process').ChildProcess} master */
async function end(master) {
  running.delete(master)
  if (master.exitCode !== null || master.signalCode !== null) return
  master.kill('SIGTERM')
  await once(master, 'exit')
}
