/** `describe target...`: all about processes, for a person: state and why, config, files, the last exits. */
import type { Context } from '../command.ts'
import type { ProcessDetail, WireExit } from '../../api/results.ts'
import { exitLine } from '../exits.ts'
import { duration, plural, size, time } from '../humane.ts'
import { printJson, printMissing } from '../outcomes.ts'
import { paint } from '../output.ts'
import { jobRow, nextRows, runLines } from '../runs.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const { processes, missing } = await client.call('status', { targets: context.words })
  const details: ProcessDetail[] = []
  for (const { namespec } of processes) details.push(await client.call('describe', { target: namespec }))
  if (context.style === 'json') printJson(context, { processes: details, missing })
  else context.out.write(details.map((detail) => `${describe(context, detail)}\n`).join('\n'))
  if (context.style !== 'json') for (const one of missing) printMissing(context, one)
  return missing.length > 0 ? 1 : 0
}

function describe(context: Context, detail: ProcessDetail): string {
  const title = paint(context.out, 'bold', `${detail.namespec}  ${detail.state}`)
  const rows = [...stateRows(detail), ...configRows(detail), ...logRows(detail)]
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.filter(([, value]) => value !== '').map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
  const exits = detail.exits.length === 0 ? ['  none'] : [...detail.exits].reverse().flatMap(exitLines)
  return [title, ...lines, ...runLines(context.out, detail), paint(context.out, 'bold', 'last exits, newest first'), ...exits].join('\n')
}

type Row = readonly [name: string, value: string]

function stateRows(detail: ProcessDetail): Row[] {
  const running = detail.pid > 0
  return [
    ['state', `${detail.state} since ${time(detail.since)}`],
    ['wanted', `${detail.want}, by ${detail.wanted_by}`],
    ['reason', detail.state === 'RUNNING' ? detail.reason : detail.reason || detail.description],
    ['stopped by', detail.stop_requested_by ?? ''],
    ['next try', detail.retry_in === null || detail.next_run !== 0 ? '' : `in ${duration(detail.retry_in)}`],
    ...nextRows(detail),
    ['ready', running ? (detail.ready ? 'yes' : 'not yet') : ''],
    ['health', detail.health === 'unknown' ? '' : `${detail.health}${detail.ailment === '' ? '' : `: ${detail.ailment}`}`],
    ['job', detail.job ?? ''],
    ...reportRows(detail.report),
    ['inbox', detail.inbox === null ? '' : inboxWords(detail.inbox)],
    ['pid', running ? `${detail.pid}${detail.adopted ? ' (not a child of this master)' : ''}` : ''],
    ['uptime', running ? duration(detail.uptime) : ''],
    ['started', time(detail.started_at)],
    ['stopped', detail.stopped_at === 0 ? '' : time(detail.stopped_at)],
    ['restarts', `${detail.restarts}${detail.crashes === 0 ? '' : `, ${plural(detail.crashes, 'failure')} in a row`}`],
    ['cpu', detail.cpu === null ? '' : `${detail.cpu.toFixed(1)}%`],
    ['memory', detail.memory === null ? '' : size(detail.memory)],
  ]
}

function reportRows(report: ProcessDetail['report']): Row[] {
  if (report === null) return []
  const words = [report.status, report.stopping ? 'is stopping' : '', report.rubbish === 0 ? '' : `${report.rubbish} lines not understood`]
  return [
    ['worker says', words.filter((word) => word !== '').join('; ')],
    ['last report', report.at === 0 ? '' : time(report.at)],
    ['its health', report.health === null ? '' : JSON.stringify(report.health)],
  ]
}

function inboxWords({ waiting, waiting_bytes: bytes, delivered, refused }: NonNullable<ProcessDetail['inbox']>): string {
  const words = [waiting === 0 ? 'nothing waits' : `${waiting === 1 ? '1 message waits' : `${String(waiting)} messages wait`} (${size(bytes)})`, `${String(delivered)} delivered`, refused === 0 ? '' : `${String(refused)} refused, it was full`]
  return words.filter((word) => word !== '').join(', ')
}

function configRows({ config, program, group, group_priority: groupPriority, by_hand: byHand }: ProcessDetail): Row[] {
  return [
    ['program', `${program}, process ${config.process_num}${byHand ? ' (added by hand; nsup save writes it into the config)' : ''}`],
    ['group', `${group} (priority ${groupPriority})`],
    ['command', config.command_problem === null ? config.command : `${config.command} (${config.command_problem})`],
    ['socket', config.socket === null ? '' : socketWords(config.socket)],
    ['directory', config.directory ?? ''],
    ['user', config.user ?? ''],
    ['umask', config.umask ?? ''],
    ['environment', config.environment_keys.join(' ')],
    ['priority', String(config.priority)],
    ['autostart', String(config.autostart)],
    jobRow(config),
    ['autorestart', config.job !== null ? `no, exitcodes ${config.exitcodes.join(',')}` : `${config.autorestart}, exitcodes ${config.exitcodes.join(',')}`],
    ['start', `up after ${config.startsecs} s${config.job === null ? `, ${config.startretries} retries` : ''}`],
    ['stop', `${config.stopsignal}, SIGKILL after ${config.stopwaitsecs} s${groupWords(config)}`],
  ]
}

function socketWords({ url, backlog, mode, owner }: NonNullable<ProcessDetail['config']['socket']>): string {
  const file = `${mode === null ? '' : `, mode ${mode}`}${owner === null ? '' : `, owner ${owner}`}`
  return `${url} (descriptor 0, backlog ${String(backlog)}${file})`
}

function groupWords(config: ProcessDetail['config']): string {
  if (config.stopasgroup) return ', both to its group'
  return config.killasgroup ? ', the SIGKILL to its group' : ''
}

function logRows(detail: ProcessDetail): Row[] {
  const { config } = detail
  return [
    ['stdout log', detail.stdout_logfile ?? 'none'],
    ['stderr log', config.redirect_stderr ? 'goes to stdout' : (detail.stderr_logfile ?? 'none')],
    ['rotation', config.stdout.maxbytes === 0 ? 'never' : `at ${size(config.stdout.maxbytes)}, ${config.stdout.backups} backups`],
  ]
}

function exitLines(exit: WireExit): string[] {
  return [exitLine(exit), ...exit.last_lines.map((line) => `      ${line}`)]
}
