/** Makes the log settings of a process out of its options, and warns of those that contradict each other. */
import { findOption, optionTitle } from './read.ts'
import { warningAt } from './raw.ts'
import type { GroupSpec, LogSpec } from '../core/spec.ts'
import type { MasterSpec } from './config.ts'
import type { Context } from './context.ts'
import type { Format } from './raw.ts'
import type { Source } from './read.ts'
import type { ProgramValues, StreamValues } from './rows-program.ts'

interface LogInput {
  readonly values: ProgramValues
  readonly streams: StreamValues
  readonly master: MasterSpec
  readonly format: Format
  /** Where YAML's AUTO logs go, without `-stdout.log`. */
  readonly autoBase: string
}

type Channel = 'stdout' | 'stderr'

/** Both streams; stderr has no log of its own when it goes where stdout goes. */
export function logSpecs(input: LogInput): { stdout: LogSpec; stderr: LogSpec } {
  const stderr = logSpec(input, 'stderr')
  return {
    stdout: logSpec(input, 'stdout'),
    stderr: input.values.redirect_stderr ? { ...stderr, file: null, auto: false } : stderr,
  }
}

function logSpec({ values, streams, master, format, autoBase }: LogInput, channel: Channel): LogSpec {
  const target = streams[`${channel}_logfile`]
  const auto = target.to === 'auto'
  const autoFile = format === 'yaml' ? `${autoBase}-${channel}.log` : null
  return {
    file: target.to === 'file' ? target.path : auto ? autoFile : null,
    auto,
    maxBytes: streams[`${channel}_logfile_maxbytes`],
    backups: streams[`${channel}_logfile_backups`],
    captureMaxBytes: streams[`${channel}_capture_maxbytes`],
    events: streams[`${channel}_events_enabled`],
    syslog: streams[`${channel}_syslog`] || target.to === 'syslog',
    compress: streams[`${channel}_logfile_compress`],
    timestamp: values.log_timestamp,
    stripAnsi: values.strip_ansi ?? master.stripAnsi,
  }
}

/** What works, but hardly as it was meant. */
export function warnAboutLogs(source: Source, values: ProgramValues, streams: StreamValues, context: Context): void {
  const warn = (key: string, message: string, hint: string): void => {
    const at = findOption(source, key)?.option.value.at ?? source.section.at
    context.findings.add(warningAt(at, `${optionTitle(source.section, key)}: ${message}`, hint))
  }
  for (const channel of ['stdout', 'stderr'] as const) {
    const target = streams[`${channel}_logfile`]
    const redirected = channel === 'stderr' && values.redirect_stderr
    if (redirected && target.to === 'file') {
      warn('stderr_logfile', 'the file is ignored, because redirect_stderr=true', 'remove one of the two')
    }
    if (!redirected && target.to === 'auto' && streams[`${channel}_logfile_maxbytes`] === 0) {
      warn(`${channel}_logfile_maxbytes`, `the AUTO log of ${channel} is never rotated and can fill the disk`, 'set it to more than 0')
    }
    if (target.to === 'syslog') {
      warn(`${channel}_logfile`, `syslog is read as NONE and ${channel}_syslog=true`, `write ${channel}_logfile=NONE and ${channel}_syslog=true`)
    }
  }
}

/** One file has one writer, whoever logs into it, and so one limit: of different ones most count for nothing. */
export function warnAboutSharedLogs(groups: readonly GroupSpec[], sources: ReadonlyMap<string, Source>, context: Context): void {
  const first = new Map<string, { readonly log: LogSpec; readonly title: string }>()
  const told = new Set<string>()
  for (const spec of groups.flatMap(({ processes }) => processes)) {
    for (const channel of ['stdout', 'stderr'] as const) {
      const log = spec[channel]
      const source = sources.get(spec.program)
      if (log.file === null || log.file.startsWith('/dev/') || source === undefined) continue
      const key = `${channel}_logfile`
      const title = optionTitle(source.section, key)
      const other = first.get(log.file)
      if (other === undefined) first.set(log.file, { log, title })
      else if ((other.log.maxBytes !== log.maxBytes || other.log.backups !== log.backups) && !told.has(title)) {
        told.add(title)
        const at = findOption(source, key)?.option.value.at ?? source.section.at
        context.findings.add(warningAt(at, `${title}: the file is that of ${other.title} too, with other maxbytes or backups; whoever opens it last decides`, 'give both the same, or a file each'))
      }
    }
  }
}
