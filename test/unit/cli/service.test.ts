/** The unit of systemd, and who is told about it. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { install, uninstall, unitName, unitPath } from '../../../src/cli/service/install.ts'
import type { Installation } from '../../../src/cli/service/install.ts'
import { systemdOf } from '../../../src/cli/service/systemd.ts'
import { stopSeconds, unitText } from '../../../src/cli/service/unit.ts'
import type { UnitInput } from '../../../src/cli/service/unit.ts'
import type { Config } from '../../../src/config/config.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { command, project } from './harness.ts'

function configOf(text: string): Config {
  const place = project()
  onTestFinished(place.remove)
  writeFileSync(place.config, text)
  const { config } = loadConfig(place.config, { env: {}, cwd: place.folder, logDir: place.folder })
  if (config === null) throw new Error('the config of the test is wrong')
  return config
}

const unit = (more: Partial<UnitInput> = {}): string => unitText({
  config: configOf('programs:\n  web: {command: cat}\n'), node: '/opt/node', nsupd: '/opt/nsup/bin/nsupd', notify: true, scope: 'system', environment: {}, ...more,
})

it('signals the master alone, and starts it again only when it has failed', () => {
  const text = unit()
  for (const line of ['Type=notify', 'NotifyAccess=all', 'Environment=NSUP_NODE=/opt/node', 'KillMode=process', 'Restart=on-failure', 'OOMPolicy=continue', 'WantedBy=multi-user.target']) expect(text).toContain(`\n${line}\n`)
  expect(text).toMatch(/\nExecStart=\/opt\/nsup\/bin\/nsupd -n -c \S+programs\.yaml\n/)
  expect(text).toContain('\nExecReload=/bin/sh -c "kill -HUP ${MAINPID}"\n')
  expect(text).not.toContain('User=')
})

it('does not wait for a word from the master where systemd-notify is missing', () => {
  expect(unit({ notify: false })).toContain('\nType=simple\n')
  expect(unit({ notify: false })).not.toContain('Notify')
})

it('has a part of the tree of control groups delegated where a program asks for one', () => {
  const asking = configOf('programs:\n  web: {command: cat, cgroup: {pids_max: 5}}\n')
  expect(unit({ config: asking })).toMatch(/\nDelegate=yes\nDelegateSubgroup=nsup-master\n/)
  expect(unit()).not.toContain('Delegate')
})

it('takes nothing from the workers: no sandbox, no new privileges for none', () => {
  expect(unit()).not.toMatch(/^(NoNewPrivileges|Protect|Private|Restrict|SystemCall|MemoryDeny|CapabilityBounding)/m)
})

it('waits at a stop as long as the master may take: tiers one after another, each with its slowest way to stop', () => {
  const slow = '  c: {command: cat, stop_sequence: [TERM 2500ms, INT 10s, KILL], priority: 2}\n'
  const programs = `programs:\n  a: {command: cat, stopwaitsecs: 20, priority: 1}\n  b: {command: cat, stopwaitsecs: 30, priority: 1}\n${slow}`
  const [slack, force, margin] = [30, 10, 45] // the first of a shutdown for which nobody has set a limit
  expect(stopSeconds(configOf(programs))).toBe(Math.ceil(42.5 + slack + force + margin))
  expect(unit({ config: configOf(`${programs}supervisord: {shutdown_timeout: 20s}\n`) })).toContain(`\nTimeoutStopSec=${20 + force + margin}\n`)
  expect(unit({ config: configOf(`${programs}supervisord: {shutdown_timeout: 0}\n`) })).toContain('\nTimeoutStopSec=infinity\n')
})

it('quotes what systemd would read as something else', () => {
  const config = { ...configOf('programs: {}\n'), file: '/a b/50%/"$x"/programs.yaml' }
  const text = unit({ config, environment: { NSUP_HOME: '/h o/%n' } })
  expect(text).toContain(' -c "/a b/50%%/\\"$$x\\"/programs.yaml"\n')
  expect(text).toContain('\nWorkingDirectory=/a b/50%%/"$x"\n')
  expect(text).toContain('\nEnvironment="NSUP_HOME=/h o/%%n"\n')
})

it('runs as another user with the runtime folder of that user, and as a user in their own manager', () => {
  const other = unit({ user: { name: 'www-data', uid: 33 } })
  expect(other).toContain('\nUser=www-data\n')
  expect(other).toContain('\nRequires=user-runtime-dir@33.service\n')
  expect(unit({ scope: 'user' })).toContain('\nWantedBy=default.target\n')
})

interface Setting {
  readonly installation: Installation
  readonly told: string[]
}

function setting(): Setting {
  const folder = mkdtempSync(join(tmpdir(), 'nsup-units-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const told: string[] = []
  const systemd = { ...systemdOf(0, {}), folder: join(folder, 'units'), runs: true, systemctl: (...args: readonly string[]) => Promise.resolve((told.push(args.join(' ')), '')) }
  return { installation: { systemd, name: 'programs-1', configFile: '/c/programs.yaml' }, told }
}
const ours = '# Written by nsup install-service for /c/programs.yaml\n[Unit]\n'

it('writes the unit, tells systemd, and takes all of it away again', async () => {
  const { installation, told } = setting()
  await install(installation, ours, { force: false, start: true })
  expect(readFileSync(unitPath(installation), 'utf8')).toBe(ours)
  await install(installation, `${ours}# again\n`, { force: false, start: false })
  await uninstall(installation)
  expect(existsSync(unitPath(installation))).toBe(false)
  const name = unitName('programs-1')
  expect(told).toEqual(['daemon-reload', `enable --now ${name}`, 'daemon-reload', `enable ${name}`, `disable --now ${name}`, 'daemon-reload'])
})

it('leaves the unit of somebody else alone, unless it is told to', async () => {
  const { installation, told } = setting()
  await expect(uninstall(installation)).rejects.toThrow('no service is installed for /c/programs.yaml')
  await install(installation, '[Unit]\n', { force: false, start: true })
  told.length = 0
  await expect(install(installation, ours, { force: false, start: true })).rejects.toThrow('already there and not from nsup')
  await expect(uninstall(installation)).rejects.toThrow('remove it yourself')
  expect(told).toEqual([])
  await install(installation, ours, { force: true, start: true })
  expect(readFileSync(unitPath(installation), 'utf8')).toBe(ours)
})

it('knows the folders of the system and of a user, and says what systemctl said', async () => {
  expect(systemdOf(0, {}).folder).toBe('/etc/systemd/system')
  expect(systemdOf(1000, { HOME: '/home/me' }).folder).toBe('/home/me/.config/systemd/user')
  expect(systemdOf(1000, { XDG_CONFIG_HOME: '/x' }).written('start', 'a')).toBe('systemctl --user start a')
  await expect(systemdOf(0, { PATH: '/nowhere' }).systemctl('start', 'a')).rejects.toThrow('systemctl start a failed')
})

it('prints the unit where nothing is to be changed, and refuses a config with errors and a user who is not there', async () => {
  const place = project()
  onTestFinished(place.remove)
  const run = (...words: string[]) => command(['-c', place.config, ...words], {}, { env: place.env })
  const { code, out } = await run('install-service', '--print')
  expect(code).toBe(0)
  expect(out).toContain(`# Written by nsup install-service for ${place.config}\n`)
  expect(out).toContain(`Environment=NSUP_HOME=${place.folder}/home\n`)
  expect((await run('uninstall-service', '--print')).out).toMatch(/^systemctl (--user )?disable --now nsup-programs-\w+\.service\nrm .*\nsystemctl (--user )?daemon-reload\n$/)
  expect(await run('install-service', '--print', '--user', 'no-such-user')).toMatchObject({ code: 1, err: "nsup: there is no user 'no-such-user'\n" })
  writeFileSync(place.config, 'programs:\n  web: {comand: cat}\n')
  const refused = await run('install-service', '--print')
  expect(refused.code).toBe(1)
  expect(refused.err).toContain("unknown key 'comand'")
})
