// Log capture in isolation: nsup's own FIFO reader and log writer against the floor (a bare socket with one buffer
// and writeSync) and, where it is installed, supervisord; the same writers, interleaved, medians. The whole product
// is measured by claims/logs.mjs; this one is for work on the reader. `node bench/capture.mjs [RUNS] [MIB]`
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, read, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const programs = fileURLToPath(new URL('programs/', import.meta.url))
const floorBuffer = Buffer.alloc(64 * 1024)
const unit = { line: 120, block: 120 * 546 }
const rows = [
  { name: 'large blocks', writers: 1, mode: 'block' },
  { name: '8 writers', writers: 8, mode: 'block' },
  { name: '120-byte writes', writers: 1, mode: 'line' },
  { name: '8 × 120-byte writes', writers: 8, mode: 'line' },
]

if (process.argv[2] === 'child') await child(JSON.parse(process.argv[3]))
else await main(Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 512))

async function main(runs, mebibytes) {
  const home = mkdtempSync(join(tmpdir(), 'nsup-capture-'))
  try {
    for (const program of ['writer', 'check']) execFileSync('cc', ['-O2', '-o', join(home, program), join(programs, `${program}.c`)])
    await bundle(home)
    const contenders = ['floor', 'nsup', ...(spawnSync('supervisord', ['--version']).status === 0 ? ['supervisord'] : [])]
    for (const row of rows) {
      const results = new Map(contenders.map((name) => [name, []]))
      for (let run = 0; run < runs; run++) {
        for (const contender of contenders) results.get(contender).push(await measure(contender, row, mebibytes, home))
      }
      print(row, results)
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

async function bundle(home) {
  const { build } = await import('esbuild')
  const src = (path) => JSON.stringify(fileURLToPath(new URL(`../src/${path}`, import.meta.url)))
  await build({
    stdin: {
      contents: `export { ProcessOutput } from ${src('daemon/output.ts')}; export { fifoPorts } from ${src('os/fifo-ports.ts')}; export { createSinks } from ${src('os/sinks.ts')}`,
      resolveDir: programs,
      loader: 'ts',
    },
    outfile: join(home, 'nsup.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['execa'],
  })
}

/** One run: start the contender, let the writers go, wait for the last byte, read CPU and memory, compare the files. */
async function measure(contender, row, mebibytes, home) {
  const dir = mkdtempSync(join(home, 'run-'))
  const count = Math.floor((mebibytes * 2 ** 20) / row.writers / unit[row.mode])
  const job = { contender, dir, writers: row.writers, mode: row.mode, count, home, bytes: count * unit[row.mode] }
  execFileSync('mkfifo', [join(dir, 'announce'), join(dir, 'go')])
  const announce = openSync(join(dir, 'announce'), constants.O_RDWR)
  const master = contender === 'supervisord' ? startSupervisord(job) : startChild(job)
  master.once('exit', (code) => {
    if (code !== 0 && code !== null) process.exit(1) // it has said why
  })
  try {
    const ready = await announced(announce, 'R', row.writers)
    const before = usage(master.pid)
    const start = performance.now()
    const go = openSync(join(dir, 'go'), constants.O_RDWR)
    const logs = Array.from({ length: row.writers }, (_, index) => join(dir, `${index}.log`))
    await announced(announce, 'E', row.writers, ready)
    await until(() => logs.every((log) => statSync(log).size >= job.bytes))
    const seconds = (performance.now() - start) / 1000
    const after = usage(master.pid)
    closeSync(go)
    for (const log of logs) execFileSync(join(home, 'check'), [row.mode, String(count), '0', log])
    const gib = (job.bytes * row.writers) / 2 ** 30
    return { speed: (gib * 1024) / seconds, cpu: (after.cpu - before.cpu) / gib, growth: after.peak - before.rss }
  } finally {
    const gone = new Promise((resolve) => master.once('exit', resolve))
    master.kill('SIGTERM')
    await gone
    closeSync(announce)
    rmSync(dir, { recursive: true, force: true })
  }
}

function startChild(job) {
  return spawn(process.execPath, [fileURLToPath(import.meta.url), 'child', JSON.stringify(job)], { stdio: ['ignore', 'inherit', 'inherit'] })
}

function startSupervisord({ dir, home, writers, mode, count }) {
  const programsIni = Array.from({ length: writers }, (_, index) => `[program:w${index}]
command=${join(home, 'writer')} w${index} ${join(dir, 'announce')} ${join(dir, 'go')} ${mode} ${count}
stdout_logfile=${join(dir, `${index}.log`)}
stdout_logfile_maxbytes=0
stderr_logfile=NONE`)
  writeFileSync(join(dir, 'supervisord.conf'), `[supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=${join(dir, 'pid')}\nnodaemon=true\nuser=root\n${programsIni.join('\n')}\n`)
  return spawn('supervisord', ['-n', '-c', join(dir, 'supervisord.conf')], { stdio: 'ignore' })
}

/** The process that is measured. */
async function child({ contender, dir, home, writers, mode, count }) {
  const running = []
  const open = contender === 'nsup' ? await nsupOutput(home) : floorOutput
  for (let index = 0; index < writers; index++) {
    const folder = join(dir, String(index))
    mkdirSync(folder)
    execFileSync('mkfifo', ['stdin', 'stdout', 'stderr'].map((name) => join(folder, `${name}.fifo`)))
    const stdio = open(folder, join(dir, `${index}.log`))
    const words = [`w${index}`, join(dir, 'announce'), join(dir, 'go'), mode, String(count)]
    running.push(spawn(join(home, 'writer'), words, { stdio, detached: true }))
  }
  process.on('SIGTERM', () => {
    for (const worker of running) worker.kill('SIGKILL')
    process.exit(0)
  })
}

async function nsupOutput(home) {
  const { ProcessOutput, fifoPorts, createSinks } = await import(join(home, 'nsup.mjs'))
  const ports = { fifos: fifoPorts, sinks: createSinks() }
  const tell = (...words) => { throw new Error(words.join(' ')) }
  const hooks = { onDropping: tell, onRecovered: tell, onProblem: tell }
  return (dir, file) => {
    const log = { file, auto: false, maxBytes: 0, backups: 0, captureMaxBytes: 0, events: false, syslog: false, compress: false, timestamp: false, stripAnsi: false }
    const spec = { group: 'bench', name: 'writer', redirectStderr: false, stdout: log, stderr: { ...log, file: null } }
    const output = new ProcessOutput({ dir, spec, ports, hooks })
    const problem = output.prepareSpawn()
    if (problem !== null) throw new Error(problem)
    return [output.stdin, output.stdout, output.stderr]
  }
}

function floorOutput(dir, file) {
  const log = openSync(file, 'a')
  const writer = openSync(join(dir, 'stdout.fifo'), constants.O_RDWR)
  new Socket({
    fd: openSync(join(dir, 'stdout.fifo'), constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
    writable: false,
    onread: { buffer: floorBuffer, callback: (length, chunk) => writeSync(log, chunk, 0, length) > 0 },
  })
  return ['ignore', writer, 'ignore']
}

/** Waits until `count` programs have announced `kind`; gives back what else was read. */
async function announced(fd, kind, count, seen = '') {
  const chunk = Buffer.alloc(4096)
  let text = seen
  while (text.split('\n').filter((line) => line.startsWith(`${kind} `)).length < count) {
    text += await new Promise((resolve, reject) => {
      read(fd, chunk, 0, chunk.length, null, (error, length) => (error ? reject(error) : resolve(chunk.toString('latin1', 0, length))))
    })
  }
  return text
}

async function until(holds) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** CPU seconds from the kernel's count in ticks of 10 ms, memory in MB. */
function usage(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1000
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
  return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, rss: megabytes('VmRSS'), peak: megabytes('VmHWM') }
}

function print(row, results) {
  const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
  const of = (name, key) => median(results.get(name).map((result) => result[key]))
  console.log(`${row.name}`)
  for (const name of results.keys()) {
    const speed = `${of(name, 'speed').toFixed(0)} MiB/s (${(of(name, 'speed') / of('floor', 'speed')).toFixed(2)} × floor)`
    const cpu = `${of(name, 'cpu').toFixed(2)} s/GiB (${(of(name, 'cpu') / of('floor', 'cpu')).toFixed(2)} × floor)`
    console.log(`  ${name.padEnd(12)} ${speed.padEnd(30)} ${cpu.padEnd(30)} +${of(name, 'growth').toFixed(1)} MB`)
  }
}
