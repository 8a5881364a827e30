/** What the text of an alert may name, and how the names are filled in when there is one to be sent. */

export const alertNames = [
  'text', 'kind', 'process', 'group', 'name', 'program', 'state', 'pid', 'incarnation', 'reason', 'exit_code', 'exit_signal', 'host', 'time', 'suppressed',
] as const

export type AlertName = (typeof alertNames)[number]

/** `%(process)s` stands for itself while the config is read: it is filled in later. */
export const namesForLater: Readonly<Record<string, string>> = Object.fromEntries(alertNames.map((name) => [name, `%(${name})s`]))

/** Fills in a template; what is no `%(name)s` stays as it is. `unknown`: the first name that there is not. */
export function fillIn(template: string, value: (name: AlertName) => string): { readonly text: string; readonly unknown: string | null } {
  let unknown: string | null = null
  const text = template.replace(/%\(([^()]*)\)s/g, (whole, name: string) => {
    const known = alertNames.find((one) => one === name)
    if (known === undefined) unknown ??= name
    return known === undefined ? whole : value(known)
  })
  return { text, unknown }
}
