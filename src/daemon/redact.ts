/** Takes the values of an environment out of a text for the master's log: they may be secrets. */

/** A shorter value (`1`, `true`) tells nothing and stands in every other word. */
const shortest = 6

export function withoutValues(text: string, environment: Readonly<Record<string, string>>): string {
  const values = Object.values(environment).filter((value) => value.length >= shortest).sort((a, b) => b.length - a.length)
  return values.reduce((clean, value) => clean.replaceAll(value, '[redacted]'), text)
}
