/** `install-service [--user NAME] [--print] [--force]`: the master as a service of systemd, from the next boot on. */
import { resolve } from 'node:path'
import { formatProblems } from '../../config/check.ts'
import type { Config } from '../../config/config.ts'
import type { Instance } from '../../config/instance.ts'
import { loadConfig } from '../../config/load.ts'
import { lookupUser } from '../../lib/passwd.ts'
import { CliError } from '../clierror.ts'
import type { Context } from '../command.ts'
import { nsupd } from '../launch.ts'
import { printJson } from '../outcomes.ts'
import { requireInstance } from '../server.ts'
import { install, unitName, unitPath } from '../service/install.ts'
import { canNotify, systemdOf } from '../service/systemd.ts'
import { unitText } from '../service/unit.ts'
import type { UnitInput } from '../service/unit.ts'

export async function run(context: Context): Promise<number> {
  const { options, env } = context
  const instance = requireInstance(options, env)
  const uid = process.getuid?.() ?? 0
  const systemd = systemdOf(uid, env)
  const user = options.user === undefined ? undefined : requireUser(String(options.user), uid)
  const text = unitText({
    config: requireConfig(instance, env), node: process.execPath, nsupd: nsupd(), notify: canNotify(), scope: systemd.scope,
    environment: placesOf(env, user), ...(user === undefined ? {} : { user }),
  })
  if (options.print) {
    context.out.write(text)
    if (!systemd.runs) context.err.line('nsup: systemd does not run here; the unit is only printed')
    return 0
  }
  if (!systemd.runs) throw new CliError('systemd does not run on this machine, so nothing is installed (--print shows the unit)', 1)
  const running = user === undefined ? await masterPid(context) : undefined
  const installation = { systemd, name: instance.name, configFile: instance.configFile }
  await install(installation, text, { force: options.force === true, start: running === undefined })
  const unit = unitName(instance.name)
  if (context.style === 'json') {
    printJson(context, { unit, file: unitPath(installation), started: running === undefined })
    return 0
  }
  context.out.line(`wrote ${unitPath(installation)} and enabled ${unit}${running === undefined ? ', which runs now' : ''}`)
  if (running !== undefined) {
    context.out.line(`the master with pid ${running} goes on; let the service take over, without a restart of the workers, with:`)
    context.out.line(`  nsup -c ${instance.configFile} shutdown --keep-workers && ${systemd.written('start', unit)}`)
  }
  if (systemd.scope === 'user') context.out.line('to have it start at boot and not at your login: loginctl enable-linger')
  return 0
}

/** Whom the unit names: for root anybody, for others only themselves, whose own units need no name. */
function requireUser(name: string, uid: number): UnitInput['user'] {
  const user = lookupUser(name)
  if (user === undefined) throw new CliError(`there is no user '${name}'`, 1)
  if (uid !== 0 && user.uid !== uid) throw new CliError(`only root can install a service that runs as ${name}`, 1)
  return uid === 0 && user.uid !== 0 ? { name: user.name, uid: user.uid } : undefined
}

function requireConfig({ configFile, logDir }: Instance, env: NodeJS.ProcessEnv): Config {
  const { config, problems } = loadConfig(configFile, { env, cwd: process.cwd(), logDir })
  if (config === null) throw new CliError(`the config has errors, so no service is made of it:\n${formatProblems(problems)}`, 1)
  return config
}

/** The variables without which the service would look for its instance elsewhere than the commands do. */
function placesOf(env: NodeJS.ProcessEnv, user: UnitInput['user']): Record<string, string> {
  const home = env['NSUP_HOME']
  const state = user === undefined ? env['XDG_STATE_HOME'] : undefined // of another user than the one who asks
  return { ...(home ? { NSUP_HOME: resolve(home) } : {}), ...(state ? { XDG_STATE_HOME: state } : {}) }
}

/** The pid of the master that runs now; none, or one that does not answer, leaves the start to the service. */
async function masterPid(context: Context): Promise<number | undefined> {
  try {
    const client = await context.connect()
    return (await client.call('info', {}, { timeout: 2000 })).pid
  } catch {
    return undefined
  }
}
