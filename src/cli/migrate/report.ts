/** What a person should know before the switch: what is lost, what differs, and the commands. Sentences only. */
import type { Config, Problem } from '../../config/config.ts'
import type { RawSection } from '../../config/raw.ts'
import { version } from '../../lib/version.ts'

export interface Findings {
  /** What does not carry over; any of it makes the exit code 1. */
  readonly lost: readonly string[]
  /** What is otherwise on purpose. */
  readonly differs: readonly string[]
  /** What the reading of the INI had to say beside that. */
  readonly problems: readonly Problem[]
}

export interface Looked {
  readonly config: Config
  readonly problems: readonly Problem[]
  readonly sections: readonly RawSection[]
  readonly left: readonly RawSection[]
  /** Paths of what the YAML would resolve to otherwise, and why it could not be read at all. */
  readonly unequal: readonly string[]
  /** Of supervisord, where one runs or is installed. */
  readonly version: string | undefined
}

const stockInterface = 'supervisor.rpcinterface:make_main_rpcinterface'

/** Judges what was looked at. */
export function judge({ config, problems, sections, left, unequal, version: theirs }: Looked): Findings {
  const told = [...left]
  const lost: string[] = []
  const differs: string[] = []
  for (const section of left) {
    if (section.kind === 'ctlplugin') lost.push(`[${section.title}]: plug-ins of supervisorctl are Python and cannot be loaded`)
    else differs.push(`[${section.title}]: unknown to supervisord and nsup, left out`)
  }
  for (const section of sections.filter(({ kind }) => kind === 'rpcinterface')) {
    const factory = section.options.get('supervisor.rpcinterface_factory')?.value
    const name = factory?.kind === 'scalar' ? factory.text.trim() : ''
    if (name === stockInterface) continue
    lost.push(`[${section.title}]: the RPC interface ${name} is Python and cannot be loaded; nsup's JSON API may have what it did`)
    told.push(section)
  }
  lost.push(...unequal.map((path) => `${path} would not be the same in YAML`))
  const auto = config.groups.flatMap(({ processes }) => processes).filter(({ stdout, stderr }) => stdout.auto || stderr.auto)
  if (auto.length > 0) differs.push(`AUTO logs (${listed(auto.map(({ name }) => name))}) get stable names and are kept; supervisord removes them at its next start`)
  differs.push('HUP to the master applies what has changed; supervisord restarts everything')
  differs.push(`supervisord${theirs === undefined ? '' : ` ${theirs}`} would be nsup ${version}: workers outlive the master, and each is the leader of its own session`)
  const toldOf = new Set(told.map(({ at }) => `${at.file}:${at.line}`))
  return { lost, differs, problems: problems.filter(({ file, line }) => !toldOf.has(`${file}:${line}`)) }
}

function listed(names: readonly string[]): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}

export interface Switch {
  readonly from: string
  readonly to: string
  /** Of the supervisord that runs now. */
  readonly pid: number | undefined
  readonly pidfile: string | null
  /** It has a server that supervisorctl can talk to. */
  readonly served: boolean
  /** The service that starts supervisord at boot. */
  readonly service: string | undefined
  readonly systemd: boolean
}

/** The commands that switch over, and back. */
export function switchCommands(how: Switch): { readonly over: readonly string[]; readonly back: readonly string[] } {
  const { from, to, service, systemd } = how
  const [ini, yaml] = [quoted(from), quoted(to)]
  return {
    over: [
      `nsup -c ${yaml} check`,
      service === undefined ? stopping(how) : `systemctl disable --now ${service}`,
      systemd ? `nsup -c ${yaml} install-service` : `nsupd -c ${yaml}`,
      `nsup -c ${yaml} status`,
    ],
    back: [
      systemd ? `nsup -c ${yaml} uninstall-service` : `nsup -c ${yaml} shutdown`,
      service === undefined ? `supervisord -c ${ini}` : `systemctl enable --now ${service}`,
    ],
  }
}

/** supervisorctl does not wait for the end, and while the workers of both run each job is done twice. */
function stopping({ from, pid, pidfile, served }: Switch): string {
  const control = `supervisorctl -c ${quoted(from)}`
  const ask = served ? `${control} pid` : `cat ${quoted(pidfile ?? 'supervisord.pid')}`
  const who = pid === undefined ? '$pid' : String(pid)
  const known = pid === undefined ? `pid=$(${ask}) && ` : ''
  return `${known}${served ? `${control} shutdown` : `kill ${who}`} && while kill -0 ${who} 2>/dev/null; do sleep 1; done`
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
