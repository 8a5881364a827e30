/** Reads a supervisord config from disk and makes YAML of it, comments included. Judges nothing. */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { commentsOf } from '../../config/ini-comments.ts'
import type { Comments } from '../../config/ini-comments.ts'
import { iniToYaml } from '../../config/ini-to-yaml.ts'
import type { Written } from '../../config/ini-to-yaml.ts'
import { loadSections } from '../../config/load.ts'
import type { LoadOptions } from '../../config/load.ts'
import type { RawSection } from '../../config/raw.ts'

export interface Translation extends Written {
  readonly sections: readonly RawSection[]
}

/** The YAML of the INI at `from`, as it is to stand at `to`; `schema` is what its first line names. Nothing is written. The INI must have been found good. */
export function translate(from: string, to: string, options: LoadOptions, schema?: string): Translation {
  const sections = loadSections(from, options)
  const comments = new Map<string, Comments>()
  for (const file of new Set([from, ...sections.map(({ at }) => at.file)])) {
    const here = sections.flatMap((section) => [...section.options.values()].filter(({ at }) => at.file === file))
    const headers = sections.filter(({ at }) => at.file === file)
    comments.set(file, commentsOf(readFileSync(file, 'utf8'), {
      headers: new Set(headers.map(({ at }) => at.line)), options: new Set(here.map(({ at }) => at.line)),
    }))
  }
  return { ...iniToYaml({ sections, file: from, folder: dirname(to), comments, ...(schema ? { schema } : {}) }), sections }
}
