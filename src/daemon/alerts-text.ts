/** The words of an alert: the facts, the standard text, and what a template makes of them. */
import type { AlertEvent } from '../config/config.ts'
import { fillIn } from '../config/alert-template.ts'
import type { AlertName } from '../config/alert-template.ts'

/** What an alert tells; the names are those of templates and of the JSON that is sent. */
export interface AlertFacts {
  readonly kind: AlertEvent
  readonly process: string
  readonly group: string
  readonly name: string
  readonly program: string
  /** Empty where it is about no state. */
  readonly state: string
  /** 0: none. */
  readonly pid: number
  readonly incarnation: number
  readonly reason: string
  /** Empty where it has not ended so. */
  readonly exit_code: string
  readonly exit_signal: string
  readonly host: string
  /** ISO 8601. */
  readonly time: string
  /** So many of the same kind were not sent since the one before. */
  readonly suppressed: number
}

const titles: Readonly<Record<AlertEvent, string>> = {
  fatal: 'has been given up (FATAL)',
  crash_loop: 'crashes again and again, and has been given up',
  unhealthy: 'is unhealthy',
  oom: 'was killed for want of memory',
  disk_full: 'loses output',
}

/** One sentence for people. */
function standardText({ kind, process, host, reason, suppressed }: AlertFacts): string {
  const more = suppressed === 0 ? '' : ` (and ${String(suppressed)} more since the last message)`
  return `${process} on ${host} ${titles[kind]}: ${reason}${more}`
}

/** The text by a template; what the config has let through names only what there is. */
export function textOf(template: string | null, facts: AlertFacts): string {
  const standard = standardText(facts)
  if (template === null) return standard
  const values: Readonly<Record<AlertName, string | number>> = { ...facts, text: standard }
  const asJson = isJson(template)
  return fillIn(template, (name) => (asJson ? JSON.stringify(String(values[name])).slice(1, -1) : String(values[name]))).text
}

/** The body for a webhook: a template that is JSON is the whole of it, any other text goes where Slack and its like look. */
export function bodyOf(template: string | null, facts: AlertFacts, text: string): string {
  return template !== null && isJson(template) && isJson(text) ? text : JSON.stringify({ text, ...facts })
}

function isJson(text: string): boolean {
  return /^\s*[[{]/.test(text)
}
