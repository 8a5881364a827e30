/** `why target...`: what is wanted, what is, what it waits for, how it ended, and what to do about it. */
import type { ResultOf } from '../../api/results.ts'
import type { Context } from '../command.ts'
import { exitLine } from '../exits.ts'
import { duration, time } from '../humane.ts'
import { printJson, printMissing } from '../outcomes.ts'
import { paint } from '../output.ts'
import { nextRows } from '../runs.ts'

type Why = ResultOf<'why'>

const exitsShown = 5

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const { processes, missing } = await client.call('status', { targets: context.words })
  const answers: Why[] = []
  for (const { namespec } of processes) answers.push(await client.call('why', { target: namespec }))
  if (context.style === 'json') printJson(context, { processes: answers, missing })
  else context.out.write(answers.map((answer) => `${explain(context, answer)}\n`).join('\n'))
  if (context.style !== 'json') for (const one of missing) printMissing(context, one)
  if (missing.length > 0) return 1
  return answers.some(({ advice }) => advice.length > 0) ? 3 : 0
}

function explain(context: Context, { process, next_try: nextTry, advice, exits }: Why): string {
  const ago = duration(Math.max(0, Date.now() - process.since))
  const rows: readonly (readonly [name: string, value: string])[] = [
    ['wanted', `${process.want}, by ${process.wanted_by}`],
    ['is', `${process.state} since ${time(process.since)} (${ago})${process.pid === 0 ? '' : `, pid ${process.pid}`}`],
    ['because', process.hold === null ? process.reason : ''],
    ['held', process.hold ?? ''],
    ...nextRows(process),
    ['next try', nextTry === 0 || process.next_run !== 0 ? '' : `${time(nextTry)} (in ${duration(process.retry_in ?? 0)})`],
    ['health', process.health === 'unknown' ? '' : `${process.health}${process.ailment === '' ? '' : `: ${process.ailment}`}`],
    ['it says', process.report?.status ?? ''],
    ['its job', process.job ?? ''],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const facts = rows.filter(([, value]) => value !== '').map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
  const said = advice.flatMap(({ what, todo }) => [`  ${what}`, `    ${paint(context.out, 'cyan', '→')} ${todo}`])
  const ends = [...exits].reverse().slice(0, exitsShown).flatMap((exit, at) => [
    `${exitLine(exit)}${exit.meaning === '' ? '' : `: ${exit.meaning}`}`,
    ...(at === 0 && !exit.wanted ? exit.last_lines.map((line) => `      ${line}`) : []),
  ])
  const title = (text: string): string => paint(context.out, 'bold', text)
  return [
    title(process.namespec),
    ...facts,
    ...(said.length === 0 ? ['  nothing is wrong'] : [title('what to make of it'), ...said]),
    ...(ends.length === 0 ? [] : [title('last exits, newest first'), ...ends]),
  ].join('\n')
}
