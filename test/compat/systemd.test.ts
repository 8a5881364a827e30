/** What systemd itself says of the units that install-service writes. */
import { spawn } from 'node:child_process'
import { execa } from 'execa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { unitText } from '../../src/cli/service/unit.ts'
import type { UnitInput } from '../../src/cli/service/unit.ts'
import { loadConfig } from '../../src/config/load.ts'
import { newPlace } from '../e2e/harness.ts'
import type { Place } from '../e2e/harness.ts'
import { untilFile, untilSaid } from '../e2e/waits.ts'

const config = 'programs:\n  web: {command: cat, stopwaitsecs: 30s}\n'

async function verify(file: string, ...flags: readonly string[]): Promise<string> {
  const { all } = await execa('systemd-analyze', [...flags, 'verify', file], { all: true, env: { XDG_RUNTIME_DIR: '/tmp' } })
  return all
}

function unit(place: Place, more: Partial<UnitInput>): string {
  const { config: loaded } = loadConfig(place.config, { env: {}, cwd: place.dir, logDir: place.dir })
  if (loaded === null) throw new Error('the config of the test is wrong')
  const text = unitText({ config: loaded, node: process.execPath, nsupd: process.execPath, notify: true, scope: 'system', environment: { NSUP_HOME: '/a b' }, ...more })
  return place.write('nsup-test.service', text, 0o644)
}

it('accepts the unit that is printed', async () => {
  const place = newPlace('yaml', config)
  const { stdout, exitCode } = await place.nsup('install-service', '--print')
  expect(exitCode).toBe(0)
  expect(await verify(place.write('nsup-test.service', stdout, 0o644))).not.toContain('nsup-test')
})

it('accepts a unit without notification', async () => {
  expect(await verify(unit(newPlace('yaml', config), { notify: false }))).not.toContain('nsup-test')
})

it('accepts a unit that runs as another user', async () => {
  expect(await verify(unit(newPlace('yaml', config), { user: { name: 'daemon', uid: 1 } }))).not.toContain('nsup-test')
})

it('accepts the unit of a user', async () => {
  expect(await verify(unit(newPlace('yaml', config), { scope: 'user' }), '--user')).not.toContain('nsup-test')
})

it('says what is wrong with a unit that it would not accept', async () => {
  const place = newPlace('yaml', config)
  const file = place.write('nsup-test.service', '[Service]\nTyp=simple\nExecStart=relative\n', 0o644)
  await expect(verify(file)).rejects.toThrow('nsup-test')
})

/** Prints each datagram that comes to the socket as a line. */
const receiver = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True: print(s.recv(4096).decode(), flush=True)
`

interface Manager {
  readonly address: string
  /** Everything that came, barriers of systemd-notify aside. */
  readonly told: () => string[]
  readonly until: (state: string) => Promise<void>
}

/** Stands in for systemd's end of NOTIFY_SOCKET. */
async function manager(place: Place): Promise<Manager> {
  const address = place.path('notify')
  const child = spawn('python3', ['-c', receiver, address], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  const told = (): string[] => text.split('\n').filter((line) => line.includes('=') && !line.startsWith('BARRIER'))
  const until = (holds: () => boolean): Promise<void> => new Promise((resolve, reject) => {
    const look = (): void => {
      if (!holds()) return
      child.stdout.off('data', look)
      resolve()
    }
    child.stdout.on('data', look)
    child.once('exit', () => { reject(new Error(`the receiver has ended: ${text}`)) })
    look()
  })
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await until(() => text.includes('bound'))
  return { address, told, until: (state) => until(() => told().includes(state)) }
}

describe('a master of Type=notify', () => {
  const tells = `programs:
  tells: {command: [sh, -c, 'echo "socket: $\${NOTIFY_SOCKET:-none}"; exec sleep 600'], stdout_logfile: '%(here)s/tells.log'}
`

  it('tells when it is ready and when it stops, and keeps the address from its workers', async () => {
    const place = newPlace('yaml', tells)
    const { address, told, until } = await manager(place)
    const master = await place.master([], { NOTIFY_SOCKET: address })
    await until('READY=1')
    const { processes } = await place.client().call('status', {})
    expect(processes).toMatchObject([{ name: 'tells', pid: expect.any(Number) as number }])
    await place.client().call('reload', {})
    await until('RELOADING=1')
    await untilFile(place.path('tells.log'), (text) => text.split('\n').length > 2)
    expect(place.read('tells.log')).toBe('socket: none\nsocket: none\n')
    process.kill(master.pid, 'SIGTERM')
    expect(await master.ended).toBe(0)
    await until('STOPPING=1')
    expect(told().filter((state) => state === 'STOPPING=1')).toHaveLength(1)
  })

  it('warns where systemd-notify is not there, and goes on', async () => {
    const place = newPlace('yaml', tells)
    const master = await place.master([], { NOTIFY_SOCKET: place.path('nobody') }, 'PATH=/nowhere exec "$@"')
    expect(await untilSaid(master, 'the service manager is not told READY=1')).toContain('systemd-notify')
    expect((await place.client().call('info', {})).state).toBe('RUNNING')
  })
})
