// Writes what is generated from the config schema: docs/options.md and schema/programs.schema.json.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = new URL('..', import.meta.url).pathname
const folder = await mkdtemp(join(tmpdir(), 'nsup-generate-'))
try {
  const outfile = join(folder, 'generate.mjs')
  await build({
    stdin: {
      contents: "export { configJsonSchema } from './json-schema.ts'; export { optionsPage } from './options-page.ts'",
      resolveDir: join(root, 'src/config'),
      loader: 'ts',
    },
    outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'warning',
  })
  const { configJsonSchema, optionsPage } = await import(pathToFileURL(outfile).href)
  await mkdir(join(root, 'docs'), { recursive: true })
  await mkdir(join(root, 'schema'), { recursive: true })
  await writeFile(join(root, 'docs/options.md'), optionsPage())
  await writeFile(join(root, 'schema/programs.schema.json'), `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
